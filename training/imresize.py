"""MATLAB's imresize (bicubic, antialiased): the papers' low-resolution pictures, and their baseline."""

import math

import numpy as np


def _cubic(x):
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def _taps(length, out_length, scale):
    """Of each output pixel: the input pixels that it is made of, and their weights."""
    stretch = min(scale, 1)
    width = 4 / stretch
    centre = (np.arange(out_length) + 0.5) / scale - 0.5
    first = np.floor(centre - width / 2)
    index = first[:, None] + np.arange(math.ceil(width) + 2)
    weight = _cubic((centre[:, None] - index) * stretch)
    weight /= weight.sum(1, keepdims=True)
    # Beyond the border the picture is mirrored, its last pixel repeated.
    index = np.mod(index, 2 * length)
    return np.where(index < length, index, 2 * length - 1 - index).astype(int), weight.astype(np.float32)


def imresize(picture, scale):
    """A picture [height, width] or [height, width, channels] of numbers, in float32 and neither rounded nor clipped."""
    picture = picture.astype(np.float32)
    for axis in 0, 1:
        length = picture.shape[axis]
        index, weight = _taps(length, math.ceil(length * scale), scale)
        rows = np.moveaxis(picture, axis, 0)
        shape = (-1,) + (1,) * (rows.ndim - 1)
        resized = sum(rows[index[:, tap]] * weight[:, tap].reshape(shape) for tap in range(index.shape[1]))
        picture = np.moveaxis(resized, 0, axis)
    return picture


def rounded(picture):
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def luma(rgb):
    """BT.601 in 16..235, as rgb2ycbcr gives it for 8 bits."""
    return rounded(rgb.astype(np.float32) @ np.array([65.481, 128.553, 24.966], np.float32) / 255 + 16)
