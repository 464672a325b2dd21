"""Makes the reference: what Real-ESRGAN's own code gives in PyTorch, fp32 on the CPU, for real pictures.

    python reference.py DATA OUT

DATA holds the pictures (below). OUT gets the weights in every form that is imported, pictures and results as 8-bit planes in
the order G, B, R, and reference.json, which says what belongs together (read by reference.ts).
"""
import contextlib
import io
import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file

from networks import Resized, compact, halved, old_names, oldest_names, random, real, rrdb
from published import RealESRGANer, WEIGHTS

# Path, and the top left corner of the part that is taken.
PICTURES = [
    ('sets/Set14/HR/comic.png', 40, 90),
    ('sets/Set14/HR/zebra.png', 210, 150),
    ('train/BSDS500-train/118020.jpg', 101, 63),
    ('train/renpy-art/sylvie_green_normal.png', 150, 110),
    ('clips/cartoon/bbb-800x640-sar64x45-bpyramid-4s.mp4', 300, 200),
]
PART = (128, 96)

# Of these, tiles are held to the whole picture too.
SEAM_PICTURES = (1, 3, 4)

# Picture (an index above), part, tile, tile_pad, pre_pad; the first has the values that the user has.
LARGE, MIDDLE, ODD = (300, 268), (170, 130), (149, 121)
TILINGS = {
    'realesrgan-x4plus': [(1, LARGE, 256, 10, 0), (4, MIDDLE, 96, 32, 0)],
    'realesrgan-x4plus-anime': [(1, LARGE, 256, 10, 0), (1, MIDDLE, 64, 10, 0), (1, ODD, 96, 32, 10)],
    'realesr-animevideov3-x4': [(4, LARGE, 256, 10, 0), (4, MIDDLE, 64, 10, 0), (4, ODD, 96, 32, 10), (4, ODD, 50, 18, 7)],
    'realesrgan-x2plus': [(1, LARGE, 256, 10, 0), (1, MIDDLE, 64, 10, 0), (1, ODD, 96, 32, 10), (1, ODD, 64, 10, 9)],
    'realesr-general-x4v3': [(1, LARGE, 256, 10, 0), (1, ODD, 96, 32, 10)],
}


def main(data, out):
    torch.manual_seed(0)
    for folder in ('weights', 'pictures', 'results'):
        (out / folder).mkdir(parents=True, exist_ok=True)
    sources = [_read(data / file) for file, _, _ in PICTURES]
    seams = [_part(out, source, index, LARGE) for index, source in enumerate(sources) if index in SEAM_PICTURES]
    reference = {'torch': torch.__version__, 'networks': [], 'cases': [], 'seamPictures': [described for described, _ in seams]}
    for name, kind, scale, network in _networks():
        print(f'{name}: {sum(p.numel() for p in network.parameters()):,} parameters', flush=True)
        weights, forms = _save(name, network, out, with_ncnn=kind == 'real')
        reference['networks'].append({'name': name, 'scale': scale, 'weights': kind, 'forms': forms})
        whole = [(index, PART, 0, 0, 0) for index in range(len(PICTURES))]
        runs = [] if kind == 'derived' else whole + TILINGS.get(name, [])
        for index, part, tile, tile_pad, pre_pad in runs:
            described, picture = _part(out, sources[index], index, part)
            result = enhance(network, weights, scale, picture, tile, tile_pad, pre_pad)
            reference['cases'].append({
                'network': name, 'picture': described, 'tile': tile, 'tilePad': tile_pad, 'prePad': pre_pad,
                'result': write(out, f'results/{name}-{len(reference["cases"])}.gbrp', result),
            })
    (out / 'reference.json').write_text(json.dumps(reference, indent=1))


def _networks():
    """Name, where its weights are from, scale, network. Made one after the other, to be forgotten."""
    yield 'realesr-animevideov3-x4', 'real', 4, real(compact(4, 16), 'realesr-animevideov3-x4')
    for scale in (2, 3):
        name = f'realesr-animevideov3-x{scale}'
        yield name, 'real', scale, Resized(real(compact(4, 16), name), scale / 4).eval()
    yield 'realesrgan-x4plus-anime', 'real', 4, real(rrdb(4, 6), 'realesrgan-x4plus-anime')
    yield 'realesrgan-x4plus', 'real', 4, real(rrdb(4, 23), 'realesrgan-x4plus')
    yield 'realesrgan-x2plus', 'random', 2, random(rrdb(2, 23), 2)
    yield 'realesrgan-x1', 'random', 1, random(rrdb(1, 23), 1)
    yield 'x4plus-as-x2plus', 'derived', 2, halved(real(rrdb(4, 23), 'realesrgan-x4plus'))
    yield 'realesr-general-x4v3', 'random', 4, random(compact(4, 32), 4)


def _save(name, network, out, with_ncnn):
    """Writes the weights. Returns the file for PyTorch, and those that hold the network in forms that are imported."""
    state = network.state_dict()
    file = out / f'weights/{name}.pth'
    torch.save({'params': state}, file)
    forms = []
    if with_ncnn:
        for suffix in ('.param', '.bin'):
            shutil.copyfile(WEIGHTS / f'{name}{suffix}', out / f'weights/{name}{suffix}')
        forms.append(f'weights/{name}.param')
    if not isinstance(network, Resized):
        forms += [str(each.relative_to(out)) for each in save_forms(file, state)]
    return file, forms


def save_forms(file, state):
    """Writes a state dict beside `file`, which has it already, in the other forms that are about. Returns all of them."""
    def beside(ending):
        return file.with_name(file.stem + ending)

    forms = [file, beside('.safetensors'), beside('-bare.pth'), beside('-legacy.pth')]
    save_file(state, forms[1])
    torch.save(state, forms[2])
    torch.save({'params_ema': state}, forms[3], _use_new_zipfile_serialization=False)
    if 'conv_first.weight' in state:
        for ending, renamed in (('-old-names.pth', old_names(state)), ('-oldest-names.pth', oldest_names(state))):
            forms.append(beside(ending))
            torch.save(renamed, forms[-1])
    return forms


def enhance(network, weights, scale, picture, tile, tile_pad, pre_pad):
    """RealESRGANer on a picture (BGR, as OpenCV has it), from reading the weights to rounding."""
    enhancer = RealESRGANer(scale, str(weights), model=network, tile=tile, tile_pad=tile_pad, pre_pad=pre_pad, device=torch.device('cpu'))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        result, _ = enhancer.enhance(picture)
    if 'Error' in said.getvalue():
        raise RuntimeError(said.getvalue())
    return result


def _read(file):
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR) if file.suffix != '.mp4' else cv2.VideoCapture(str(file)).read()[1]
    if picture is None:
        raise SystemExit(f'{file} cannot be read')
    return picture


def _part(out, picture, index, size):
    """Cuts out a part near the corner that PICTURES names and writes it. Returns what reference.json says of it, and the part."""
    file, x, y = PICTURES[index]
    (width, height), (most_height, most_width) = size, picture.shape[:2]
    if width > most_width or height > most_height:
        raise SystemExit(f'{file} is smaller than {width}x{height}')
    x, y = min(x, most_width - width), min(y, most_height - height)
    part = np.ascontiguousarray(picture[y:y + height, x:x + width])
    name = Path(file).stem
    return {'name': name, 'width': width, 'height': height, 'file': write(out, f'pictures/{name}-{width}x{height}.gbrp', part)}, part


def write(out, name, picture):
    """Planes G, B, R of a BGR picture. Returns the name."""
    np.ascontiguousarray(picture[:, :, [1, 0, 2]].transpose(2, 0, 1)).tofile(out / name)
    return name


if __name__ == '__main__':
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
