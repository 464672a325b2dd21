"""Trains one network: python train.py NETWORK PICTURES RUN [options]. Started again, it goes on where it was."""

import argparse
import copy
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from evaluate import evaluate
from muon import Muon
from networks import NETWORKS
from patches import Patches

SAVE_SECONDS = 60
LOG_SECONDS = 120


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('network', choices=NETWORKS)
    parser.add_argument('pictures', help='folder of PNG files')
    parser.add_argument('run', type=Path, help='folder for checkpoints and the log')
    parser.add_argument('--steps', type=int, default=100_000)
    parser.add_argument('--minutes', type=float, help='instead of --steps: end so long after the first step, pauses included')
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--patch', type=int, default=32, help='side of a small patch, in pixels')
    parser.add_argument('--keep', type=float, default=0.6, help='share of the patches, those with the most detail')
    parser.add_argument('--rate', type=float, default=1e-3)
    parser.add_argument('--l2', type=float, default=0.5, help='share of the steps, the last ones, with L2 after L1')
    parser.add_argument('--energy', type=float, default=0, help='weight of how much detail there is around each place')
    parser.add_argument('--seed', type=int, default=17)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, default=1, help='on a CPU; two runs of one thread beat one run of two')
    parser.add_argument('--bf16', type=float, default=0, help='share of the steps, the first ones, in bfloat16')
    parser.add_argument('--warm', help='checkpoint or .npz, also of another scale, to start from')
    parser.add_argument('--test', help='folder of Set5, for the log only')
    return parser.parse_args()


def weights(file):
    """The averaged weights of a checkpoint, or those of an .npz."""
    if str(file).endswith('.npz'):
        return {key: torch.from_numpy(value).float() for key, value in np.load(file).items()}
    return torch.load(file, map_location='cpu')['average']


def load(name, file):
    network = NETWORKS[name]()
    network.load_state_dict(weights(file))
    return network.eval()


def begin(name, file):
    """A new network, with those layers of another one, also of another scale, that have the same shape."""
    network = NETWORKS[name]()
    if file:
        own = network.state_dict()
        fitting = {key: value for key, value in weights(file).items() if value.shape == own[key].shape}
        network.load_state_dict({**own, **fitting})
    return network


def distance(measure, result, large):
    """Of RGB, the luma counts as much again: it is what is seen, and what PSNR is measured of."""
    if result.shape[1] == 1:
        return measure(result, large)
    weights = torch.tensor([0.299, 0.587, 0.114], device=result.device).view(1, 3, 1, 1)
    return measure(result, large) + measure((result * weights).sum(1), (large * weights).sum(1))


def energy(picture):
    """How much neighbours differ around each place, wherever exactly: what L1 alone makes too smooth has too little."""
    right = (picture[..., :-1, 1:] - picture[..., :-1, :-1]).abs()
    below = (picture[..., 1:, :-1] - picture[..., :-1, :-1]).abs()
    return F.avg_pool2d(right + below, 8, 4)


def train(given):
    torch.set_num_threads(given.threads)
    # Weights that start at zero leave numbers so small that a processor takes six times as long for them.
    torch.set_flush_denormal(True)
    torch.manual_seed(given.seed)
    network = begin(given.network, given.warm).to(given.device, memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    optimizer = (torch.optim.Adam if given.network.startswith('espcn') else Muon)(network.parameters(), lr=given.rate, fused=True)
    generator = torch.Generator().manual_seed(given.seed)
    given.run.mkdir(parents=True, exist_ok=True)
    file = given.run / 'checkpoint.pt'
    step, seconds, started = 0, 0.0, None
    if file.exists():
        state = torch.load(file, map_location=given.device)
        network.load_state_dict(state['network'])
        average.load_state_dict(state['average'])
        optimizer.load_state_dict(state['optimizer'])
        generator.set_state(state['generator'].cpu())
        step, seconds, started = state['step'], state['seconds'], state['started']

    def save():
        state = {
            'network': network.state_dict(),
            'average': average.state_dict(),
            'optimizer': optimizer.state_dict(),
            'generator': generator.get_state(),
            'step': step,
            'seconds': seconds + time.process_time() - begun,
            'started': started,
        }
        torch.save(state, file.with_suffix('.new'))
        os.replace(file.with_suffix('.new'), file)

    def done():
        """The share of the schedule that is over."""
        return (time.time() - started) / (60 * given.minutes) if given.minutes else step / given.steps

    def log(loss):
        shown = f'{given.network} step {step}, {min(1, done()):.1%}, {seconds + time.process_time() - begun:.0f} CPU s, loss {loss:.5f}'
        if given.test:
            shown += f', {np.mean(evaluate(average, given.test)):.3f} dB'
        print(shown, flush=True)

    begun = time.process_time()
    bank = Patches(given.pictures, network, given.patch, given.keep, given.device)
    print(f'{len(bank)} patches', flush=True)
    saved = logged = time.monotonic()
    started = started or time.time()
    loss = torch.zeros(())
    while (share := done()) < 1:
        for group in optimizer.param_groups:
            warming = min(1, (step + 1) / 500)
            group['lr'] = given.rate * warming * 0.5 * (1 + math.cos(math.pi * share))
        small, large = bank.batch(given.batch, generator)
        small = small.contiguous(memory_format=torch.channels_last)
        with torch.autocast(given.device, torch.bfloat16, enabled=share < given.bf16):
            result = network(small)
        measure = F.mse_loss if share >= 1 - given.l2 else F.l1_loss
        loss = distance(measure, result.float(), large)
        if given.energy:
            loss = loss + given.energy * measure(energy(result.float()), energy(large))
        optimizer.zero_grad()
        # So that Adam's epsilon stays small beside gradients of squares.
        (loss * 100).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 100)
        optimizer.step()
        step += 1
        with torch.no_grad():
            decay = min(0.999, step / (step + 10))
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
        now = time.monotonic()
        if now - saved > SAVE_SECONDS:
            save()
            saved = time.monotonic()
        if now - logged > LOG_SECONDS:
            log(loss.item())
            logged = time.monotonic()
    save()
    log(loss.item())


if __name__ == '__main__':
    train(options())
