import type { Command } from 'commander';
import { DEVICE_NAMES } from '../runtime/devices.js';

/** The heading in the help of what few people need. */
const ADVANCED = 'Advanced:';

/**
 * Puts the flags that are added by `add` under {@link ADVANCED}; what is added afterwards stands with the usual ones
 * again.
 */
export const withAdvanced = (command: Command, add: (command: Command) => Command): Command =>
  add(command.optionsGroup(ADVANCED)).optionsGroup('');

/** The flags that say how a video becomes another one: those of `upscale`, and of all commands that make such jobs. */
export const withJobFlags = (command: Command): Command => withAdvanced(withUsualFlags(command), withOtherFlags);

/** Those that most people need. */
const withUsualFlags = (command: Command): Command =>
  command
    .option('-m, --model <name>', 'a model, a path to an .onnx file, bicubic or lanczos')
    .option(
      '-s, --scale <n>',
      "how many times larger, 1 to 8 as far as the model has it (default: 4, or an ONNX file's own)",
    )
    .option(
      '--preset <name>',
      'preview (bicubic), fast (realesr-animevideov3; compact-x4 until that is pulled) or ' +
        'production (realesrgan-x4plus); ' +
        'default: production on a GPU, fast on a CPU',
    )
    .option(
      '--from <time>',
      'upscale only what is shown from this time on, in seconds or [HH:]MM:SS, as players show it',
    )
    .option('--to <time>', '… and before this one')
    .option(
      '--target <size>',
      'what the enlarged pictures are resized to: WxH exactly, the shape on the screen stays; ' +
        'or that many lines, 720p, 1080p, 1440p, 4k',
    )
    .option('--codec <name>', 'h264, which plays everywhere, h265 or av1 (default: h264)')
    .option(
      '--crf <n>',
      'quality from 0 (lossless) to 51, AV1 to 63; 18 to 28 is sensible for H.264 (default: 23, h265 28, av1 35)',
    );

const withOtherFlags = (command: Command): Command =>
  command
    .option(
      '--tile <n>',
      'edge of a tile in source pixels, even and at least 32; 0 for whole frames (default: auto, as memory allows)',
    )
    .option('--tile-pad <n>', 'source pixels of context around a tile (default: auto, as far as the model sees)')
    .option('--pre-pad <n>', 'pixels reflected at the right and bottom (default: 0)')
    .option(
      '--precision <name>',
      'auto, fp32, fp16 or bf16 (default: auto: fp16 on a GPU, fp32 on the CPU, bf16 in OpenVINO where it can)',
    )
    .option('--blend <share>', 'share of bicubic in the result, 0 to 1, for a more natural look (default: 0)')
    .option('--denoise <strength>', 'from 0 to 1, of models that have it')
    .option('--bit-depth <n>', '8, or 10, which browsers may refuse (default: 8, for HDR 10)')
    .option(
      '--program <n>',
      'of several programmes in one transport stream, the number of the one to upscale ' +
        '(default: that of the video that players show)',
    )
    .option(
      '--deinterlace <how>',
      'off, auto, double, always or always-double; auto looks at the pictures themselves, ' +
        'always takes all of them for interlaced, double gives a frame for each field (default: auto)',
    )
    .option(
      '--crop <window>',
      'what is used of the pictures: WxH+X+Y in source pixels, or auto to cut off black borders',
    )
    .option('--square-pixels', 'resize so that pixels are as wide as high: the side that is shown too short grows')
    .option('--encoder-preset <name>', "x264's names, ultrafast to veryslow, for every encoder (default: fast)")
    .option('--tune <name>', 'film, animation, grain, psnr, ssim or fastdecode, as the codec has it (default: none)')
    .option(
      '--hw-encoder <name>',
      'encode in the graphics card: nvenc or vaapi; none for the processor (default: none)',
    )
    .option(
      '--audio <mode>',
      "auto: what the container's players may not understand is converted (in MP4 all but AAC and MP3); " +
        'copy: nothing is (default: auto)',
    )
    .option('--segment-frames <n>', 'frames in one segment (default: chosen by the planner)')
    .option('--checkpoint-frames <n>', 'most frames between two checkpoints (default: 100)')
    .option('--device <name>', `auto, ${DEVICE_NAMES} (default: auto, this machine's fastest one)`)
    .option('--tag <names>', "tags of the workers that may upscale, joined by commas (default: the device's)")
    .option(
      '--priority <n>',
      '1 to 5: of segments that wait for a worker, those with the smaller number go first ' +
        '(default: 1 for filters, 2 for models, 4 in a batch)',
    )
    .option('--keep-mezzanine', 'keep the lossless upscaled frames after the job, to encode them again');

/** What a batch is told besides the flags of its jobs. */
export const withBatchFlags = (command: Command): Command =>
  command
    .requiredOption('--out-dir <dir>', 'the folder for the results; folders below a named one are made below it too')
    .option('--container <name>', 'mp4 or mkv (default: mp4)')
    .option('--parallel <n>', 'videos at work at the same time, 1 to 64 (default: 2)');
