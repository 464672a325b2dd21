"""Reads the numbers of an ncnn network into a PyTorch module of the same layers."""
import struct

import numpy as np
import torch

RAW, HALF = 0, 0x01306B47


def load_ncnn(module, stem):
    """Fills the module's parameters from `stem`.param and `stem`.bin; both list the layers in the order in which they run.

    Half-precision weights are widened, so that PyTorch computes with the very numbers of the file.
    """
    values = _values(stem.with_suffix('.param').read_text(), stem.with_suffix('.bin').read_bytes())
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            array = next(values, None)
            if array is None or array.size != parameter.numel():
                raise ValueError(f'{stem.name}: the numbers for {name} are not there')
            parameter.copy_(torch.from_numpy(array).reshape(parameter.shape))
    if next(values, None) is not None:
        raise ValueError(f'{stem.name}: more numbers than the network has')


def _values(param, data):
    offset = 0
    for line in param.splitlines()[2:]:
        kind, _, bottoms, tops, *rest = line.split()
        pairs = (pair.split('=') for pair in rest[int(bottoms) + int(tops):])
        settings = {int(key): value for key, value in pairs}
        if kind == 'Convolution':
            count = int(settings[6])
            (flag,) = struct.unpack_from('<I', data, offset)
            if flag not in (RAW, HALF):
                raise ValueError(f'weights are stored as {flag:#x}')
            stored = np.dtype('<f2' if flag == HALF else '<f4')
            yield np.frombuffer(data, stored, count, offset + 4).astype(np.float32)
            # Whole words.
            offset += 4 + -(-count * stored.itemsize // 4) * 4
            count = int(settings[0])
        elif kind == 'PReLU':
            count = int(settings[0])
        else:
            continue
        yield np.frombuffer(data, '<f4', count, offset).copy()
        offset += 4 * count
    if offset != len(data):
        raise ValueError(f'{len(data) - offset} bytes are left over')
