"""Y-channel PSNR by the papers' protocol: python evaluate.py FOLDER NETWORK [CHECKPOINT], FOLDER being Set5 or Set14."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from imresize import imresize, luma, rounded


def test_set(folder, scale):
    """Pairs of large and small pictures, [height, width, 3]."""
    for file in sorted(Path(folder).glob('HR/*.png')):
        large = np.asarray(Image.open(file).convert('RGB'))
        large = large[: large.shape[0] // scale * scale, : large.shape[1] // scale * scale]
        yield large, rounded(imresize(large, 1 / scale))


def psnr(large, result, border):
    """Of two luma planes in 8 bits, without as many pixels at the border as the scale."""
    error = (large.astype(np.float64) - result)[border:-border, border:-border]
    return 10 * np.log10(255**2 / np.mean(error**2))


@torch.no_grad()
def enlarged_luma(network, small):
    picture = small if network.channels == 3 else luma(small)[..., None]
    device = next(network.parameters()).device
    planes = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).to(device).float() / 255
    result = network.whole(planes).clamp(0, 1).mul(255).round()[0].cpu().numpy().astype(np.uint8)
    return result[0] if network.channels == 1 else luma(result.transpose(1, 2, 0))


def evaluate(network, folder):
    """PSNR of each picture."""
    return [
        psnr(luma(large), enlarged_luma(network, small), network.scale)
        for large, small in test_set(folder, network.scale)
    ]


def bicubic(folder, scale):
    return [
        psnr(luma(large), luma(rounded(imresize(small, scale))), scale) for large, small in test_set(folder, scale)
    ]


if __name__ == '__main__':
    from train import load

    folder, name, *rest = sys.argv[1:]
    network = load(name, *rest)
    print(f'bicubic {np.mean(bicubic(folder, network.scale)):.3f}  {name} {np.mean(evaluate(network, folder)):.3f} dB')
