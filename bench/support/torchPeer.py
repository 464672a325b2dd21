"""Frames a second of PyTorch beside us, with networks of Real-ESRGAN's shapes and weights by chance, which take the
same time: torchPeer.py NETWORK DEVICE WIDTH HEIGHT SECONDS prints a line of JSON for each way."""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

network, device, width, height, seconds = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
half = device != "cpu"
dtype = torch.float16 if half else torch.float32


class Compact(nn.Module):
    def __init__(self, features=64, convolutions=16, scale=4):
        super().__init__()
        layers = [nn.Conv2d(3, features, 3, 1, 1), nn.PReLU(features)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(features, features, 3, 1, 1), nn.PReLU(features)]
        layers += [nn.Conv2d(features, 3 * scale**2, 3, 1, 1), nn.PixelShuffle(scale)]
        self.body, self.scale = nn.Sequential(*layers), scale

    def forward(self, x):
        return self.body(x) + F.interpolate(x, scale_factor=self.scale, mode="nearest")


class Dense(nn.Module):
    def __init__(self, features=64, growth=32):
        super().__init__()
        sizes = [growth] * 4 + [features]
        self.convs = nn.ModuleList(nn.Conv2d(features + i * growth, n, 3, 1, 1) for i, n in enumerate(sizes))

    def forward(self, x):
        seen = [x]
        for conv in self.convs[:-1]:
            seen.append(F.leaky_relu(conv(torch.cat(seen, 1)), 0.2))
        return self.convs[-1](torch.cat(seen, 1)) * 0.2 + x


class Rrdb(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = Dense(), Dense(), Dense()

    def forward(self, x):
        return self.three(self.two(self.one(x))) * 0.2 + x


class RrdbNet(nn.Module):
    def __init__(self, features=64, blocks=23):
        super().__init__()
        conv = lambda a, b: nn.Conv2d(a, b, 3, 1, 1)
        self.first, self.last = conv(3, features), conv(features, 3)
        self.body, self.after = nn.Sequential(*(Rrdb() for _ in range(blocks))), conv(features, features)
        self.up1, self.up2, self.hr = conv(features, features), conv(features, features), conv(features, features)

    def forward(self, x):
        x = self.first(x)
        x = x + self.after(self.body(x))
        for up in (self.up1, self.up2):
            x = F.leaky_relu(up(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.last(F.leaky_relu(self.hr(x), 0.2))


def tiled(net, x, tile=256, pad=10):
    """RealESRGANer's way."""
    out = x.new_zeros(1, 3, height * 4, width * 4)
    for y in range(0, height, tile):
        for left in range(0, width, tile):
            top, bottom = max(0, y - pad), min(height, y + tile + pad)
            begin, end = max(0, left - pad), min(width, left + tile + pad)
            made = net(x[:, :, top:bottom, begin:end])
            h, w = min(tile, height - y) * 4, min(tile, width - left) * 4
            dy, dx = (y - top) * 4, (left - begin) * 4
            out[:, :, y * 4 : y * 4 + h, left * 4 : left * 4 + w] = made[:, :, dy : dy + h, dx : dx + w]
    return out


def fps(work):
    for _ in range(2):
        work()
    wait()
    count, start = 0, time.perf_counter()
    while count < 2 or time.perf_counter() - start < seconds:
        work()
        wait()
        count += 1
    return count / (time.perf_counter() - start)


def wait():
    if device != "cpu":
        torch.cuda.synchronize()


frame = torch.randint(0, 256, (height, width, 3), dtype=torch.uint8)


def whole(net, upscale, layout=torch.contiguous_format):
    """With all that RealESRGANer does around the network."""
    x = frame.permute(2, 0, 1).unsqueeze(0).to(device).to(dtype).div(255).to(memory_format=layout)
    return upscale(net, x).clamp(0, 1).mul(255).round().to(torch.uint8).squeeze(0).permute(1, 2, 0).cpu()


with torch.inference_mode():
    net = (Compact() if network == "realesr-animevideov3" else RrdbNet()).eval().to(device).to(dtype)
    ready = torch.rand(1, 3, height, width, device=device, dtype=dtype)
    last = torch.channels_last
    plain = lambda net, x: net(x)

    def report(way, work):
        try:
            print(json.dumps({"way": way, "fps": fps(work)}), flush=True)
        except Exception as error:
            print(json.dumps({"way": way, "problem": str(error).split("\n")[0]}), flush=True)

    report("PyTorch, tiles of 256", lambda: whole(net, tiled))
    report("PyTorch, whole frame", lambda: whole(net, plain))
    net = net.to(memory_format=last)
    report("PyTorch, channels last", lambda: whole(net, plain, last))
    if device != "cpu":
        compiled = torch.compile(net)
        report("torch.compile, without copies", lambda: compiled(ready.to(memory_format=last)))
