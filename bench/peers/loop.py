"""Real-ESRGAN's own way with videos: RealESRGANer in fp32 for each frame, pipes from and to ffmpeg.

    python loop.py CLIP WEIGHTS RESULT CRF PRESET

CLIP is a video without rotation or wide pixels; only its pictures are kept.
"""
import json
import subprocess
import sys

import numpy as np
import torch

from published import RealESRGANer, SRVGGNetCompact

SCALE = 4

clip, weights, result, crf, preset = sys.argv[1:]
probe = ['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=width,height,r_frame_rate', '-of', 'json']
stream = json.loads(subprocess.check_output([*probe, clip]))['streams'][0]
width, height = stream['width'], stream['height']
enhancer = RealESRGANer(SCALE, weights, model=SRVGGNetCompact(num_feat=64, num_conv=16, upscale=SCALE), tile=0, tile_pad=10, pre_pad=0, device=torch.device('cpu'))
reading = ['ffmpeg', '-loglevel', 'error', '-i', clip, '-f', 'rawvideo', '-pix_fmt', 'bgr24', 'pipe:1']
writing = [
    'ffmpeg', '-loglevel', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'bgr24', '-s', f'{width * SCALE}x{height * SCALE}',
    '-r', stream['r_frame_rate'], '-i', 'pipe:0', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', preset, '-crf', crf, result,
]
with subprocess.Popen(reading, stdout=subprocess.PIPE) as reader, subprocess.Popen(writing, stdin=subprocess.PIPE) as writer:
    while frame := reader.stdout.read(3 * width * height):
        picture, _ = enhancer.enhance(np.frombuffer(frame, np.uint8).reshape(height, width, 3))
        writer.stdin.write(picture.tobytes())
    writer.stdin.close()
