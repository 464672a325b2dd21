"""The networks, as they are trained and as they are exported."""

import torch
from torch import nn
from torch.nn import functional as F


class Espcn(nn.Module):
    """The paper's network on luma: 5x5 to 64, 3x3 to 32, 3x3 to scale squared, pixel shuffle; here with ReLU.

    Convolutions do not pad. Training patches need no invented border, and a picture's edge is repeated once, in front.
    """

    channels = 1
    margin = 4

    def __init__(self, scale):
        super().__init__()
        self.scale = scale
        self.body = nn.Sequential(
            nn.Conv2d(1, 64, 5), nn.ReLU(), nn.Conv2d(64, 32, 3), nn.ReLU(), nn.Conv2d(32, scale * scale, 3)
        )
        self._start_as_copy()

    @torch.no_grad()
    def _start_as_copy(self):
        """The first channel carries the pixel itself through: training begins at nearest neighbour, not at noise."""
        first, second, last = self.body[0], self.body[2], self.body[4]
        for layer in first, second, last:
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        last.weight *= 0.1
        for layer in first, second:
            layer.weight[0] = 0
            layer.weight[0, 0, layer.kernel_size[0] // 2, layer.kernel_size[1] // 2] = 1
        last.weight[:, 0] = 0
        last.weight[:, 0, 1, 1] = 1

    def forward(self, patch):
        features = self.body[:-1](patch)
        # Its results are whole pixels, for which bfloat16 is too coarse.
        with torch.autocast(patch.device.type, enabled=False):
            return F.pixel_shuffle(self.body[-1](features.float()), self.scale)

    def whole(self, picture):
        return self(F.pad(picture, (self.margin,) * 4, mode='replicate'))


class Reparameterised(nn.Module):
    """A 3x3 convolution that is trained as the sum of itself, a 1x1 to twice the channels with a 3x3, and a copy."""

    def __init__(self, before, after):
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, padding=1)
        self.widen = nn.Conv2d(before, 2 * before, 1, bias=False)
        self.narrow = nn.Conv2d(2 * before, after, 3, bias=False)
        nn.init.zeros_(self.narrow.weight)

    def kernel(self):
        """As one convolution's weights. The 1x1 has no bias, so a border of zeros stays one."""
        weight = self.conv.weight + torch.einsum('omyx,mi->oiyx', self.narrow.weight, self.widen.weight[:, :, 0, 0])
        if weight.shape[0] == weight.shape[1]:
            copy = torch.zeros_like(weight)
            copy[:, :, 1, 1] = torch.eye(weight.shape[0], device=weight.device)
            weight = weight + copy
        return weight

    def forward(self, x):
        # Sums of weights keep their precision where bfloat16 computes the rest.
        with torch.autocast(x.device.type, enabled=False):
            kernel = self.kernel()
        return F.conv2d(x, kernel, self.conv.bias, padding=1)

    @torch.no_grad()
    def merged(self):
        after, before = self.conv.weight.shape[:2]
        conv = nn.Conv2d(before, after, 3, padding=1)
        conv.weight.copy_(self.kernel())
        conv.bias.copy_(self.conv.bias)
        return conv


class Compact(nn.Module):
    """3x3 convolutions with ReLU at the small size, pixel shuffle, and the input added to each of its pixels."""

    channels = 3
    margin = 0

    def __init__(self, scale, width, depth):
        super().__init__()
        self.scale = scale
        layers = [Reparameterised(3, width), nn.ReLU()]
        for _ in range(depth):
            layers += [Reparameterised(width, width), nn.ReLU()]
        self.body = nn.Sequential(*layers, Reparameterised(width, 3 * scale * scale))
        with torch.no_grad():
            self.body[-1].conv.weight *= 0.1

    def forward(self, picture):
        grown = self.body(picture) + picture.repeat_interleave(self.scale * self.scale, 1)
        return F.pixel_shuffle(grown, self.scale)

    whole = forward

    def merged(self):
        """The same network with plain convolutions."""
        plain = Compact.__new__(Compact)
        nn.Module.__init__(plain)
        plain.scale = self.scale
        plain.body = nn.Sequential(*(m.merged() if isinstance(m, Reparameterised) else m for m in self.body))
        return plain


NETWORKS = {
    'espcn-x2': lambda: Espcn(2),
    'espcn-x3': lambda: Espcn(3),
    'espcn-x4': lambda: Espcn(4),
    'compact-x2': lambda: Compact(2, 32, 5),
    'compact-x4': lambda: Compact(4, 32, 10),
    'restore-x2': lambda: Compact(2, 32, 16),
    'restore-x4': lambda: Compact(4, 32, 16),
}
