"""A bank of pairs of patches, small and large, cut out of pictures and kept whole on the device."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from imresize import imresize, luma, rounded

# Each picture is used at these sizes: what is soft at its own size is sharp at a smaller one.
SIZES = (1, 0.8, 0.62)


class Patches:
    """Gives random batches, turned and mirrored in one of eight ways."""

    def __init__(self, folder, network, side, keep, device):
        self.device = device
        source = taught if any(Path(folder).rglob('*.npz')) else pictures
        pairs = [cut(*pair, side, network.margin) for pair in source(folder, network.scale, network.channels)]
        small, large = (np.concatenate(bank) for bank in zip(*pairs))
        # Flat patches teach nothing.
        hardest = np.argsort(-detail(large))[: int(keep * len(large))]
        self.small = torch.from_numpy(small[hardest]).to(device)
        self.large = torch.from_numpy(large[hardest]).to(device)

    def __len__(self):
        return len(self.small)

    def batch(self, size, generator):
        chosen = torch.randint(len(self), (size,), generator=generator).to(self.device)
        turn = int(torch.randint(8, (1,), generator=generator))
        inverted = torch.nonzero(torch.rand(self.small.shape[1], generator=generator) < 0.5).flatten().tolist()
        # Channels of nature rise and fall together; those of drawings and titles may do the opposite.
        if self.small.shape[1] == 1 or int(torch.randint(4, (1,), generator=generator)) > 0:
            inverted = []
        batch = tuple(turned(bank[chosen], turn).float().div_(255) for bank in (self.small, self.large))
        for patches in batch:
            patches[:, inverted] = 1 - patches[:, inverted]
        return batch


def pictures(folder, scale, channels):
    """Every picture of the folder at every size, with its small twin: [channels, height, width] in 8 bits."""
    for file in sorted(Path(folder).rglob('*.png')):
        rgb = np.asarray(Image.open(file).convert('RGB'))
        for size in SIZES:
            large = rgb if size == 1 else rounded(imresize(rgb, size))
            large = large[: large.shape[0] // scale * scale, : large.shape[1] // scale * scale]
            small = rounded(imresize(large, 1 / scale))
            if channels == 1:
                large, small = luma(large)[..., None], luma(small)[..., None]
            yield small.transpose(2, 0, 1), large.transpose(2, 0, 1)


def taught(folder, scale, channels):
    """The pairs that teacher.py made, the large ones at the network's scale."""
    for file in sorted(Path(folder).rglob('*.npz')):
        with np.load(file) as pairs:
            for small, large in zip(pairs['small'], pairs['large']):
                factor = small.shape[1] * scale / large.shape[1]
                if factor != 1:
                    large = rounded(imresize(large.transpose(1, 2, 0), factor)).transpose(2, 0, 1)
                yield small, large


def cut(small, large, side, margin):
    """Patches of `side` small pixels, and of the large ones under them but for a margin.

    They overlap by the margin, or where there is none by half.
    """
    scale = large.shape[1] // small.shape[1]
    inside = side - 2 * margin
    step = inside if margin else side // 2
    corners = [
        (y, x) for y in range(0, small.shape[1] - side + 1, step) for x in range(0, small.shape[2] - side + 1, step)
    ]
    inner = slice(margin * scale, (side - margin) * scale)
    return (
        np.array([small[:, y : y + side, x : x + side] for y, x in corners], np.uint8).reshape(
            -1, small.shape[0], side, side
        ),
        np.array(
            [large[:, y * scale :, x * scale :][:, inner, inner] for y, x in corners], np.uint8
        ).reshape(-1, small.shape[0], inside * scale, inside * scale),
    )


def detail(patches):
    """Mean absolute difference between neighbours, of each patch."""
    return np.array(
        [np.abs(np.diff(patch.astype(np.int16), axis=axis)).mean() for patch in patches for axis in (1, 2)]
    ).reshape(-1, 2).sum(1)


def turned(batch, turn):
    batch = torch.rot90(batch, turn % 4, (2, 3))
    return batch.flip(3) if turn >= 4 else batch
