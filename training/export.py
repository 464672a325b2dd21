"""Writes a trained network as ONNX: python export.py NETWORK CHECKPOINT FILE.onnx.

The nodes are written one by one: the same weights give the same bytes with any version of PyTorch.
FILE.npz gets the weights alone, from which train.py --warm goes on.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from networks import Compact
from train import load


class Graph:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def add(self, operator, *inputs, output=None, **attributes):
        output = output or f'{operator.lower()}{len(self.nodes)}'
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def body(self, value, layers, pad):
        for index, layer in enumerate(layers):
            if isinstance(layer, nn.Conv2d):
                weight = self.constant(f'weight{index}', layer.weight.detach().numpy())
                bias = self.constant(f'bias{index}', layer.bias.detach().numpy())
                size = list(layer.kernel_size)
                pads = [(side - 1) // 2 if pad else 0 for side in size] * 2
                value = self.add('Conv', value, weight, bias, kernel_shape=size, pads=pads)
            else:
                value = self.add('Relu', value)
        return value


def build(network):
    graph = Graph()
    value = 'input'
    if network.margin:
        edge = np.array([0, 0, network.margin, network.margin] * 2, np.int64)
        value = graph.add('Pad', value, graph.constant('edge', edge), mode='edge')
    value = graph.body(value, network.body, pad=not network.margin)
    added = isinstance(network, Compact)
    shuffled = {} if added else {'output': 'output'}
    value = graph.add('DepthToSpace', value, mode='CRD', blocksize=network.scale, **shuffled)
    if added:
        scales = graph.constant('scales', np.array([1, 1, network.scale, network.scale], np.float32))
        options = {'mode': 'nearest', 'coordinate_transformation_mode': 'asymmetric', 'nearest_mode': 'floor'}
        large = graph.add('Resize', 'input', '', scales, **options)
        graph.add('Add', value, large, output='output')
    sides = ['height', 'width'], ['large_height', 'large_width']
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, network.channels, *size])
        for name, size in zip(('input', 'output'), sides)
    ]
    whole = helper.make_graph(graph.nodes, 'network', ends[:1], ends[1:], graph.initializers)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid('', 17)], producer_name='reelscale')
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == '__main__':
    name, checkpoint, file = sys.argv[1:]
    network = load(name, checkpoint)
    if file.endswith('.npz'):
        np.savez_compressed(file, **{key: value.numpy() for key, value in network.state_dict().items()})
        sys.exit()
    onnx.save(build(network.merged() if isinstance(network, Compact) else network), file)
