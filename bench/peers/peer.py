"""One peer, ready to be timed in turn with others.

    python peer.py KIND PRECISION MODEL PICTURE WIDTH HEIGHT RESULT

PICTURE holds planes of 8 bits in the order R, G, B; the peer's result for it is written to RESULT. Then each line of the
standard input asks to go on for that many seconds, and is answered by the frames a second.
"""
import sys
import time
from pathlib import Path

import numpy as np

from networks import KINDS

kind, precision, model, picture, width, height, result = sys.argv[1:]
frame = np.fromfile(picture, np.uint8).reshape(3, int(height), int(width))
peer = KINDS[kind](Path(model), precision)
peer.run(frame).tofile(result)
print('ready', flush=True)
for line in sys.stdin:
    seconds, frames, start = float(line), 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        peer.run(frame)
        frames += 1
    print(frames / (time.perf_counter() - start), flush=True)
