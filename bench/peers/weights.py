"""Writes the numbers of animevideov3's ONNX file as the weights that PyTorch programs read.

    python weights.py MODEL.onnx OUT.pth
"""
import sys

import onnx
import torch
from onnx import numpy_helper

from published import SRVGGNetCompact

model, out = sys.argv[1:]
graph = onnx.load(model).graph
numbers = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
used = [numbers[name] for node in graph.node if node.op_type in ('Conv', 'PRelu') for name in node.input[1:]]
state = SRVGGNetCompact(num_feat=64, num_conv=16, upscale=4).state_dict()
torch.save({'params': {name: value.reshape(state[name].shape) for name, value in zip(state, used, strict=True)}}, out)
