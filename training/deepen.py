"""Starts a larger compact network from a shipped one: python deepen.py FILE.onnx NETWORK FILE.npz, for train.py --warm.

Layers that are added pass their input on, since ReLU does nothing to what is not negative. Channels that are added
are heard of by nothing at first. The larger network begins as the other one, number for number.
"""

import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from networks import NETWORKS, Reparameterised

# Of the usual random weights, for added channels: from layer to layer they would grow.
ADDED = 0.5


@torch.no_grad()
def deepened(file, name):
    given = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer}
    kernels = [torch.from_numpy(value.copy()) for key, value in given.items() if key.startswith('weight')]
    biases = [torch.from_numpy(value.copy()) for key, value in given.items() if key.startswith('bias')]
    network = NETWORKS[name]()
    layers = [layer for layer in network.body if isinstance(layer, Reparameterised)]
    for layer, kernel, bias in zip([*layers[: len(kernels) - 1], layers[-1]], kernels, biases):
        after, before = kernel.shape[:2]
        # What is added hears a little of the rest, and is heard of by nothing at first.
        wanted = layer.conv.weight * ADDED
        wanted[:after, :before] = kernel
        wanted[:after, before:] = 0
        # kernel() adds what a block trains beside its convolution.
        layer.conv.weight += wanted - layer.kernel()
        layer.conv.bias[:after] = bias
    for layer in layers[len(kernels) - 1 : -1]:
        layer.conv.weight.zero_()
        layer.conv.bias.zero_()
    return network


if __name__ == '__main__':
    file, name, out = sys.argv[1:]
    np.savez_compressed(out, **{key: value.numpy() for key, value in deepened(file, name).state_dict().items()})
