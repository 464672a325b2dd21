import { argv } from '../../lib/argv.js';
import type { Size } from './cropWindow.js';

/** Enlarged pictures from a network, and beside them what goes around it. */
export interface SideBySide {
  /** Size of the pictures that were decoded, and of what goes around. */
  width: number;
  height: number;
  scale: number;
  bitDepth: 8 | 16;
  /** What the enlarged pictures are brought to; even sides. Default: they stay as large as they are. */
  resize?: Size | undefined;
}

/**
 * Two raw inputs of ffmpeg: the enlarged pictures from one pipe, what goes around the network from another. Of none it
 * may read ahead: above 100 and below 5 frames a second it would read 20 and more of the first input to find its rate,
 * before it opens the second, while the writer waits for that.
 */
export function sideBySideInputs(
  { width, height, scale }: SideBySide,
  framerate: string,
  enlarged: { format: string; pipe: string },
  around: { format: string; pipe: string },
): string[] {
  const raw = ({ format, pipe }: { format: string; pipe: string }, size: string): string[] =>
    argv`-f rawvideo -pixel_format ${format} -video_size ${size} -framerate ${framerate} -fpsprobesize 0 -i ${pipe}`;
  return [...raw(enlarged, `${width * scale}x${height * scale}`), ...raw(around, `${width}x${height}`)];
}
