"""Makes the pairs that restoring networks learn from: python teacher.py TEACHER.onnx PICTURES OUT [options].

TEACHER.onnx is realesrgan-x4plus as `reelscale models pull` leaves it. Each pair is a damaged frame and what the
teacher makes of it. Started again, it goes on where it was.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from degrade import damaged
from graph import Network

# In one file, which appears whole or not at all.
PAIRS = 8


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('teacher')
    parser.add_argument('pictures', type=Path, help='folder of PNG files')
    parser.add_argument('out', type=Path)
    parser.add_argument('--pairs', type=int, default=4000)
    parser.add_argument('--side', type=int, default=128, help='of a damaged frame')
    parser.add_argument('--seed', type=int, default=17, help='another one for pairs that are held back')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='on a processor with AMX; CUDA always does')
    return parser.parse_args()


def on_gpu(given):
    network = Network(given.teacher).to(given.device, memory_format=torch.channels_last).eval()

    def enlarge(frames):
        with torch.autocast(given.device, torch.bfloat16):
            return torch.cat([network(frame[None]).float() for frame in frames.to(given.device)])

    return enlarge


def on_cpu(given):
    """By OpenVINO, faster than PyTorch. bfloat16 takes a third of float32's time with AMX, and more without it."""
    # Not needed beside a GPU.
    import openvino

    core = openvino.Core()
    network = core.read_model(given.teacher)
    network.reshape([1, 3, given.side, given.side])
    precision = 'bf16' if given.bf16 else 'f32'
    settings = {'INFERENCE_NUM_THREADS': given.threads, 'NUM_STREAMS': 1, 'INFERENCE_PRECISION_HINT': precision}
    compiled = core.compile_model(network, 'CPU', settings)
    return lambda frames: torch.cat([torch.from_numpy(compiled([frame[None].numpy()])[0].copy()) for frame in frames])


@torch.no_grad()
def teach(given):
    torch.set_num_threads(given.threads)
    files = sorted(given.pictures.rglob('*.png'))
    given.out.mkdir(parents=True, exist_ok=True)
    teacher = on_cpu(given) if given.device == 'cpu' else on_gpu(given)
    for number in range((given.pairs + PAIRS - 1) // PAIRS):
        file = given.out / f'{number:05}.npz'
        if file.exists():
            continue
        rng = np.random.default_rng([given.seed, number])
        chosen = [Image.open(files[i]).convert('RGB') for i in rng.integers(len(files), size=PAIRS)]
        small = np.stack([damaged(picture, given.side, rng) for picture in chosen]).transpose(0, 3, 1, 2)
        large = teacher(torch.from_numpy(small.copy()).float().div_(255))
        partial = file.with_suffix('.part')
        with open(partial, 'wb') as out:
            np.savez_compressed(out, small=small, large=large.clamp(0, 1).mul(255).round().byte().cpu().numpy())
        os.replace(partial, file)
        print(f'{(number + 1) * PAIRS} of {given.pairs} pairs', flush=True)


if __name__ == '__main__':
    teach(options())
