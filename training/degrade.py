"""Damaged frames out of good pictures: blur, another size, noise, and H.264 at low rates."""

import subprocess

import numpy as np
from PIL import Image, ImageFilter

FILTERS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
# The last frame of so many is taken, so that most are predicted from others.
FRAMES = 6


def damaged(picture, side, rng):
    """One frame of a short pan over a picture, [height, width, 3]."""
    size = max(rng.uniform(0.35, 1), 1.3 * side / min(picture.size))
    small = picture.resize([round(edge * size) for edge in picture.size], FILTERS[rng.integers(len(FILTERS))])
    if rng.random() < 0.6:
        small = small.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.4)))
    pixels = np.asarray(small).astype(np.float32)
    room = np.array(pixels.shape[:2]) - side
    start = rng.integers(0, room + 1)
    speed = rng.integers(-3, 4, 2)
    noise = rng.uniform(0, 10) if rng.random() < 0.6 else 0
    frames = []
    for n in range(FRAMES):
        y, x = np.clip(start + n * speed, 0, room)
        frame = pixels[y : y + side, x : x + side]
        frames.append(np.clip(frame + rng.normal(0, noise, frame.shape), 0, 255).round().astype(np.uint8))
    return h264(frames, int(rng.integers(18, 37)))


def h264(frames, crf):
    """The last of some frames, as it is decoded."""
    height, width = frames[0].shape[:2]
    raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24']
    encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', str(crf), '-pix_fmt', 'yuv420p', '-f', 'h264', '-']
    coded = ffmpeg([*raw, '-s', f'{width}x{height}', '-i', '-', *encode], b''.join(map(np.ndarray.tobytes, frames)))
    decoded = ffmpeg(['-f', 'h264', '-i', '-', *raw, '-'], coded)
    return np.frombuffer(decoded, np.uint8)[-height * width * 3 :].reshape(height, width, 3)


def ffmpeg(arguments, data):
    return subprocess.run(
        ['ffmpeg', '-v', 'error', '-threads', '1', *arguments], input=data, capture_output=True, check=True
    ).stdout
