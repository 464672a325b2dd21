/** A device of which somebody has measured how fast it runs realesrgan-x4plus. */
export interface OtherDevice {
  name: string;
  /** Source frames of {@link REFERENCE_PIXELS} a second through realesrgan-x4plus. */
  fps: number;
}

/** Of the episode that was measured: 720x576. */
export const REFERENCE_PIXELS = 720 * 576;

/**
 * Multiplications of realesrgan-x4plus for each source pixel: 23 blocks of three dense groups, and the convolutions at 1, 2 and 4
 * times the size; what `multiplicationsPerPixel` counts in its graph.
 */
export const REFERENCE_WORK = 17_926_848;

/**
 * Speeds that the notes which this project grew out of give (the table "What the user measured and met" in facts.md): the T4's was measured by
 * hand on a cloud machine (CUDA 12.1, half precision, tiles of 256 with a pad of 10), the others are estimates. None of them
 * is ours, and how much of the encode they include is not said.
 */
export const OTHER_DEVICES: readonly OtherDevice[] = [
  { name: 'T4', fps: 1.6 },
  { name: 'A10', fps: 1.2 },
  { name: 'V100', fps: 1.8 },
  { name: 'L40', fps: 2 },
  { name: 'A800', fps: 6.2 },
  { name: 'A100', fps: 6.5 },
  { name: 'CPU', fps: 0.012 },
];

/**
 * Frames a second that a network should reach on another device, by the size of the pictures and by the network's work beside the reference's.
 * @param work multiplications for each source pixel.
 */
export const scaledFps = ({ fps }: OtherDevice, { pixels, work }: { pixels: number; work: number }): number =>
  fps * (REFERENCE_PIXELS / pixels) * (REFERENCE_WORK / work);
