"""The networks that are compared: their published architectures with real weights, or with seeded random ones."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from ncnn import load_ncnn
from published import RRDBNet, SRVGGNetCompact, WEIGHTS


class Resized(nn.Module):
    """animevideov3 at x2 and x3: the x4 network and ncnn's bicubic resize, which is PyTorch's."""

    def __init__(self, network, factor):
        super().__init__()
        self.network = network
        self.factor = factor

    def forward(self, picture):
        return F.interpolate(self.network(picture), scale_factor=self.factor, mode='bicubic', align_corners=False)


def real(network, name):
    load_ncnn(network, WEIGHTS / name)
    return network.eval()


def random(network, seed):
    """Kaiming's weights in every convolution, slopes as trained networks have them, and a last convolution scaled so that pictures stay pictures.

    The whole network matters to the result then, much more than with the initial weights of a training, whose blocks are
    close to nothing.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                fan_in = module.weight[0].numel()
                module.weight.normal_(0, math.sqrt(2 / (1 + 0.2 ** 2) / fan_in), generator=generator)
                module.bias.normal_(0, 0.02, generator=generator)
            elif isinstance(module, nn.PReLU):
                module.weight.uniform_(-0.2, 1.2, generator=generator)
        _calm(network, torch.rand((1, 3, 32, 32), generator=generator))
    return network.eval()


def _calm(network, picture):
    """Sets the last convolution so that the network gives about 0.5 ± 0.15 for a picture of noise."""
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    seen = []
    hook = last.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    network(picture)
    hook.remove()
    gain = 0.15 / seen[0].std()
    last.weight *= gain
    last.bias.copy_((last.bias - seen[0].mean()) * gain + (0 if isinstance(network, SRVGGNetCompact) else 0.5))


def rrdb(scale, blocks, features=64, growth=32):
    return RRDBNet(3, 3, scale=scale, num_feat=features, num_block=blocks, num_grow_ch=growth)


def compact(scale, convolutions, features=64):
    return SRVGGNetCompact(num_feat=features, num_conv=convolutions, upscale=scale)


def halved(network):
    """An x2 network of an x4 one: behind its pixel-unshuffle it takes the mean of 2x2 pixels.

    It sees as far as a trained x2plus does, which random weights say nothing about.
    """
    state = network.state_dict()
    # Four channels for each of the picture's.
    state['conv_first.weight'] = state['conv_first.weight'].repeat_interleave(4, dim=1) / 4
    made = rrdb(2, len(network.body))
    made.load_state_dict(state)
    return made.eval()


def old_names(state):
    """The names of RRDBNet's tensors in BasicSR's first versions."""
    renamed = {
        'body': 'RRDB_trunk', 'conv_body': 'trunk_conv', 'conv_up1': 'upconv1', 'conv_up2': 'upconv2', 'conv_hr': 'HRconv',
        **{f'rdb{i}': f'RDB{i}' for i in (1, 2, 3)},
    }
    return {'.'.join(renamed.get(part, part) for part in name.split('.')): tensor for name, tensor in state.items()}


def oldest_names(state):
    """The names of RRDBNet's tensors in ESRGAN as it was published: numbers in a sequence of layers."""
    blocks = len({name.split('.')[1] for name in state if name.startswith('body.')})
    layers = {
        'conv_first': 'model.0', 'conv_body': f'model.1.sub.{blocks}', 'conv_up1': 'model.3', 'conv_up2': 'model.6',
        'conv_hr': 'model.8', 'conv_last': 'model.10',
    }
    return {_oldest_name(name, layers): tensor for name, tensor in state.items()}


def _oldest_name(name, layers):
    first, *rest = name.split('.')
    if first != 'body':
        return '.'.join([layers[first], *rest])
    block, dense, convolution, kind = rest
    return f'model.1.sub.{block}.{dense.upper()}.{convolution}.0.{kind}'
