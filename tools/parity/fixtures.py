"""Makes the small networks and references of test/models/fixtures, which hold the conversion to PyTorch where there is none.

    python fixtures.py OUT

The numbers are the same each time (the addresses that torch.save's older format writes down are not).
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from networks import compact, random, rrdb
from reference import enhance, save_forms, write

SIZE, ODD_SIZE = (16, 12), (41, 27)

# Name, scale, network, whether the weights are kept in half precision, and which forms of them are kept.
NETWORKS = [
    ('rrdb-x4', 4, lambda: rrdb(4, 2, 4, 2), False, ['.pth', '.safetensors', '-legacy.pth', '-old-names.pth', '-oldest-names.pth']),
    ('rrdb-x2', 2, lambda: rrdb(2, 2, 4, 2), False, ['.safetensors']),
    ('rrdb-x1', 1, lambda: rrdb(1, 2, 4, 2), True, ['-bare.pth']),
    ('compact-x3', 3, lambda: compact(3, 3, 8), False, ['.pth', '.safetensors', '-legacy.pth']),
    ('compact-x4', 4, lambda: compact(4, 2, 6), True, ['.safetensors', '-legacy.pth']),
]
# Tile, tile_pad, pre_pad. Behind a pixel-unshuffle only multiples of its factor do.
TILINGS = {'rrdb-x2': [(16, 4, 0), (14, 6, 5)], 'rrdb-x1': [(16, 4, 0), (12, 8, 5)], 'compact-x3': [(14, 3, 5)]}


def main(out, scratch):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    reference = {'torch': torch.__version__, 'picture': describe(out, 'picture', SIZE), 'oddPicture': describe(out, 'odd-picture', ODD_SIZE), 'networks': [], 'tilings': []}
    for seed, (name, scale, make, half, kept) in enumerate(NETWORKS):
        network = random(make(), seed)
        if half:
            network.load_state_dict({key: tensor.half().float() for key, tensor in network.state_dict().items()})
        file = scratch / f'{name}.pth'
        torch.save({'params': network.state_dict()}, file)
        state = {key: tensor.half() if half else tensor for key, tensor in network.state_dict().items()}
        forms = [f'{name}{ending}' for ending in kept]
        for form in save_forms(file, state):
            if form.name in forms:
                shutil.copyfile(form, out / form.name)
        picture = drawn(SIZE)
        reference['networks'].append({
            'name': name, 'scale': scale, 'forms': forms,
            'float': write_floats(out, f'{name}.f32', network, picture),
            'result': write(out, f'{name}.gbrp', enhance(network, file, scale, picture, 0, 0, 0)),
        })
        for tile, tile_pad, pre_pad in TILINGS.get(name, []):
            result = enhance(network, file, scale, drawn(ODD_SIZE), tile, tile_pad, pre_pad)
            reference['tilings'].append({
                'network': name, 'tile': tile, 'tilePad': tile_pad, 'prePad': pre_pad,
                'result': write(out, f'{name}-{tile}-{tile_pad}-{pre_pad}.gbrp', result),
            })
    (out / 'reference.json').write_text(json.dumps(reference, indent=1) + '\n')


def drawn(size):
    """A picture (BGR) with ramps, edges and noise."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * x / width, 255 * y / height, 255 * ((x // 3 + y // 4) % 2)]
    noise = np.random.default_rng(7).normal(0, 12, (height, width, 3))
    return np.clip(np.stack(planes, axis=2) + noise, 0, 255).round().astype(np.uint8)


def describe(out, name, size):
    return {'name': name, 'width': size[0], 'height': size[1], 'file': write(out, f'{name}.gbrp', drawn(size))}


def write_floats(out, name, network, picture):
    """What the network itself gives for the picture: planes R, G, B of little-endian float32, before any clipping."""
    rgb = torch.from_numpy(np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1))).float()[None] / 255
    with torch.no_grad():
        network(rgb).numpy().astype('<f4').tofile(out / name)
    return name


if __name__ == '__main__':
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        main(Path(sys.argv[1]), Path(folder))
