"""Computes an ONNX file in PyTorch, on any device: the teacher of the restoring networks, and what they are measured beside."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F


class Network(nn.Module):
    """Of one input and one output, of the operators that Reelscale's conversion of Real-ESRGAN's weights gives."""

    def __init__(self, file):
        super().__init__()
        graph = onnx.load(file).graph
        self.nodes = [
            (node.op_type, list(node.input), node.output[0], {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute})
            for node in graph.node
        ]
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.names = {}
        for i, tensor in enumerate(graph.initializer):
            value = torch.from_numpy(np.array(numpy_helper.to_array(tensor)))
            self.register_buffer(f'weight{i}', value)
            self.names[tensor.name] = f'weight{i}'

    def forward(self, picture):
        values = {name: getattr(self, weight) for name, weight in self.names.items()}
        values[self.input] = picture
        for operator, inputs, output, attributes in self.nodes:
            values[output] = OPERATORS[operator](attributes, *(values[name] if name else None for name in inputs))
        return values[self.output]


def conv(attributes, x, weight, bias=None):
    return F.conv2d(x, weight, bias, padding=attributes.get('pads', [0])[0])


def nearest(attributes, x, _, scales):
    assert attributes['mode'] == b'nearest'
    return F.interpolate(x, scale_factor=float(scales[-1]))


OPERATORS = {
    'Conv': conv,
    'Resize': nearest,
    'Add': lambda _, a, b: a + b,
    'Mul': lambda _, a, b: a * b,
    'Relu': lambda _, x: F.relu(x),
    'LeakyRelu': lambda attributes, x: F.leaky_relu(x, attributes.get('alpha', 0.01)),
    'PRelu': lambda _, x, slope: F.prelu(x, slope.flatten()),
    'Concat': lambda attributes, *parts: torch.cat(parts, attributes['axis']),
    'DepthToSpace': lambda attributes, x: F.pixel_shuffle(x, attributes['blocksize']),
    'Identity': lambda _, x: x,
}
