"""Makes the folder of training pictures: python pictures.py SOURCES MEDIA OUT.

SOURCES holds the packages that fetch.sh took; MEDIA is the folder of REELSCALE_TEST_MEDIA. OUT/shipped gets what
the shipped networks are trained on, OUT/held frames that restoring networks are measured with, OUT/yardstick T91 and
BSDS500's training pictures, for runs that are only reported.
"""

import bz2
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from imresize import imresize, rounded

WALLPAPERS = 'aitzgorri friends life picosdeeuropa Picture_0B Picture_1A seeding sunset umang Wine'.split()

# What, where, and by how much it is made smaller: JPEG, video and a camera's own softness vanish.
# The licence of each is in README.md.
FILES = [
    *(('lomiri', f'sources/lomiri-wallpapers/usr/share/backgrounds/{name}_*', 2.5) for name in WALLPAPERS),
    ('stdlib', 'sources/stdlib/*/package/data/image.jpg', 1.5),
    ('sklearn', 'sources/scikit-learn/sklearn/datasets/images/*.jpg', 1),
    ('skimage', 'media/train/skimage/*.png', 1),
    ('skimage', 'media/train/skimage/*.jpg', 1.5),
    ('renpy', 'media/train/renpy-art/bg_*.jpg', 1.5),
    ('renpy', 'media/train/renpy-art/*.png', 1.5),
]
CLIPS = [
    ('bbb', 'cartoon/bbb-720p25-aac51-5s.mp4', 12, 2),
    ('bbb', 'cartoon/bbb-720p24-vp8-vorbis-30s.webm', 36, 2.5),
    ('sintel', 'cartoon/sintel-trailer-480x204-aac-52s.mp4', 24, 1.5),
]
# For measuring alone.
HELD = [
    ('bbb', 'cartoon/bbb-800x640-sar64x45-bpyramid-4s.mp4', 30, 1),
    ('rabbit', 'live/mdn-rabbit-320x240-aac-8s.mp4', 60, 1),
    ('pancake', 'live/pancake-426x240-opus-10s.mkv', 60, 1),
    ('carphone', 'live/carphone-qcif-pristine.mp4', 90, 1),
]
YARDSTICK = [('t91', 'media/train/T91/*.png', 1), ('bsds', 'media/train/BSDS500-train/*.jpg', 1)]


def files(table, roots, out):
    for name, pattern, factor in table:
        root, _, below = pattern.partition('/')
        found = sorted(roots[root].glob(below))
        if not found:
            raise SystemExit(f'nothing at {pattern} below {roots[root]}')
        for file in found:
            save(Image.open(file), factor, out / f'{name}-{file.parent.parent.parent.name}-{file.stem}.png')


def save(picture, factor, file):
    if picture.mode == 'RGBA':
        picture = Image.alpha_composite(Image.new('RGBA', picture.size, 'grey'), picture)
    rgb = np.asarray(picture.convert('RGB'))
    if factor != 1:
        rgb = rounded(imresize(rgb, 1 / factor))
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(file)


def scipy_face(sources, out):
    data = (sources / 'scipy/scipy/misc/face.dat').read_bytes()
    save(Image.fromarray(np.frombuffer(bz2.decompress(data), np.uint8).reshape(768, 1024, 3)), 1.5, out / 'scipy-face.png')


def frames(table, media, out):
    """Every so many frames of a clip."""
    for name, clip, every, factor in table:
        file = media / 'clips' / clip
        raw = out / f'{name}-{file.stem}-%03d.png'
        out.mkdir(parents=True, exist_ok=True)
        select = f"select='not(mod(n,{every}))'"
        subprocess.run(['ffmpeg', '-v', 'error', '-i', file, '-vf', select, '-vsync', '0', raw], check=True)
        for frame in sorted(out.glob(f'{name}-{file.stem}-*.png')):
            save(Image.open(frame), factor, frame)


if __name__ == '__main__':
    sources, media, out = map(Path, sys.argv[1:])
    roots = {'sources': sources, 'media': media}
    files(FILES, roots, out / 'shipped')
    scipy_face(sources, out / 'shipped')
    frames(CLIPS, media, out / 'shipped')
    frames(HELD, media, out / 'held')
    files(YARDSTICK, roots, out / 'yardstick')
