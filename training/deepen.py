"""Starts a deeper compact network from a shipped one: python deepen.py FILE.onnx NETWORK FILE.npz, for train.py --warm.

What is added passes its input on, since ReLU does nothing to what is not negative: the deeper network begins as the
other one, number for number.
"""

import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from networks import NETWORKS, Reparameterised


@torch.no_grad()
def deepened(file, name):
    given = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer}
    kernels = [torch.from_numpy(value.copy()) for key, value in given.items() if key.startswith('weight')]
    biases = [torch.from_numpy(value.copy()) for key, value in given.items() if key.startswith('bias')]
    network = NETWORKS[name]()
    layers = [layer for layer in network.body if isinstance(layer, Reparameterised)]
    for layer, kernel, bias in zip([*layers[: len(kernels) - 1], layers[-1]], kernels, biases):
        # kernel() adds what a block trains beside its convolution.
        layer.conv.weight += kernel - layer.kernel()
        layer.conv.bias.copy_(bias)
    for layer in layers[len(kernels) - 1 : -1]:
        layer.conv.weight.zero_()
        layer.conv.bias.zero_()
    return network


if __name__ == '__main__':
    file, name, out = sys.argv[1:]
    np.savez_compressed(out, **{key: value.numpy() for key, value in deepened(file, name).state_dict().items()})
