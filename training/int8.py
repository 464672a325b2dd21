"""What a network loses in 8-bit integers: python int8.py FILE.onnx PICTURES FOLDER, FOLDER being Set5 or Set14.

Weights for each channel and values between the layers become 8 bits, by ONNX Runtime's static quantisation, but for
the first convolution; the ranges of values come from eight of the
training pictures. Reelscale itself does not compute in int8.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from PIL import Image

from evaluate import psnr, test_set
from imresize import imresize, luma, rounded


class Ranges(quantization.CalibrationDataReader):
    def __init__(self, folder, scale, name):
        files = sorted(Path(folder).glob('*.png'))[::13][:8]
        pictures = (np.asarray(Image.open(file).convert('RGB'))[:512, :512] for file in files)
        self.feeds = iter([{name: planes(rounded(imresize(picture, 1 / scale)))} for picture in pictures])

    def get_next(self):
        return next(self.feeds, None)


def planes(picture):
    return picture.transpose(2, 0, 1)[None].astype(np.float32) / 255


def decibels(file, folder, scale):
    session = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
    [given] = session.get_inputs()
    values = []
    for large, small in test_set(folder, scale):
        [result] = session.run(None, {given.name: planes(small)})
        values.append(psnr(luma(large), luma(rounded(result[0].transpose(1, 2, 0) * 255)), scale))
    return np.mean(values)


if __name__ == '__main__':
    file, pictures, folder = sys.argv[1:]
    [given] = onnxruntime.InferenceSession(file).get_inputs()
    scale = int(file.rsplit('-x', 1)[1][0])
    model = onnx.load(file)
    for i, node in enumerate(model.graph.node):
        node.name = f'node{i}'
    first = next(node.name for node in model.graph.node if node.op_type == 'Conv')
    with tempfile.TemporaryDirectory() as work:
        named, small = f'{work}/named.onnx', f'{work}/int8.onnx'
        onnx.save(model, named)
        ranges = Ranges(pictures, scale, given.name)
        quantization.quantize_static(
            named, small, ranges, per_channel=True, op_types_to_quantize=['Conv'], nodes_to_exclude=[first]
        )
        print(f'{file}: fp32 {decibels(file, folder, scale):.2f}, int8 {decibels(small, folder, scale):.2f} dB')
