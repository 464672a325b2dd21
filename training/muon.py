"""Muon (Keller Jordan, 2024): a convolution's kernel moves by its momentum made orthogonal, the rest by Adam."""

import torch

# A kernel with fewer channels on either side is moved by Adam: the first and the last layer.
LEAST_CHANNELS = 16
MOMENTUM = 0.95
# So that kernels move by about as much as under Adam, with the same rate.
SIZE = 0.2


class Muon:
    def __init__(self, parameters, lr, **adam):
        parameters = list(parameters)
        self.kernels = [each for each in parameters if each.ndim == 4 and min(each.shape[:2]) >= LEAST_CHANNELS]
        known = {id(each) for each in self.kernels}
        self.adam = torch.optim.Adam([each for each in parameters if id(each) not in known], lr=lr, **adam)
        self.momenta = [torch.zeros_like(each) for each in self.kernels]
        self.param_groups = self.adam.param_groups

    def zero_grad(self):
        self.adam.zero_grad()
        for kernel in self.kernels:
            kernel.grad = None

    @torch.no_grad()
    def step(self):
        self.adam.step()
        rate = self.param_groups[0]['lr']
        for kernel, momentum in zip(self.kernels, self.momenta):
            momentum.lerp_(kernel.grad, 1 - MOMENTUM)
            move = orthogonal(kernel.grad.lerp(momentum, MOMENTUM).flatten(1))
            kernel.sub_(move.view_as(kernel), alpha=rate * SIZE * max(move.shape) ** 0.5)

    def state_dict(self):
        return {'adam': self.adam.state_dict(), 'momenta': self.momenta}

    def load_state_dict(self, state):
        self.adam.load_state_dict(state['adam'])
        self.param_groups = self.adam.param_groups
        for momentum, kept in zip(self.momenta, state['momenta']):
            momentum.copy_(kept)


def orthogonal(matrix):
    """The matrix with all its singular values near 1, by five steps of a Newton-Schulz iteration."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / (x.norm() + 1e-12)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return x if wide else x.T
