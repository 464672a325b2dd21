import type { Command } from 'commander';
import { collect, type Run } from './commandParts.js';

/** The commands that look at videos, and need no server. */
export function addVideoCommands(program: Command, run: Run): void {
  program
    .command('preview')
    .description('the same frames by each method, side by side in one PNG, in seconds')
    .argument('<input>', 'the video')
    .option(
      '--at <time>',
      'a frame to show, in seconds or [HH:]MM:SS; may be repeated (default: at 10, 50 and 90 %)',
      collect,
    )
    .option(
      '-m, --model <name>',
      'a method to show, as for upscale; may be repeated (default: bicubic and the model that upscale takes)',
      collect,
    )
    .option('-s, --scale <n>', 'how many times larger (default: as for upscale)')
    .option('--program <n>', 'of several programmes in one transport stream, the number of the one to show')
    .option(
      '--crop <window>',
      'what is used of the pictures: WxH+X+Y in source pixels, or auto to cut off black borders',
    )
    .option('-o, --output <file>', "the sheet, .png (default: INPUT's name with .preview.png, beside it)")
    .option('--overwrite', 'replace the sheet if it exists')
    .option('--json', 'print one JSON object: where each cell is on the sheet, and its seconds per frame')
    .action(
      run(async (input: string, options: unknown) => (await import('../commands/preview.js')).preview(input, options)),
    );

  program
    .command('compare')
    .description('how much B differs from A, frame by frame: PSNR, SSIM, and VMAF where ffmpeg has it')
    .argument('<a>', 'the reference')
    .argument('<b>', 'what is measured; of another size, the larger is made small')
    .option('--plot <file>', 'draw the curves, .svg (or .png where ffmpeg has librsvg)')
    .option('--overwrite', 'replace the plot if it exists')
    .option('--json', 'print one JSON object, with the scores of every frame')
    .action(
      run(async (a: string, b: string, options: unknown) =>
        (await import('../commands/compare.js')).compare(a, b, options),
      ),
    );

  program
    .command('verify')
    .description('decode a whole video and say what is wrong with it; exit 1 where something is')
    .argument('<file>', 'the video')
    .option('--against <source>', 'what it was made of, of any size: every frame, its time and the sound are compared')
    .option('--program <n>', 'the programme of the source that it should show, as upscale was told')
    .option(
      '--from <time>',
      'the part of the source that it should show, as upscale was told; in seconds or [HH:]MM:SS',
    )
    .option('--to <time>', '… up to before this time')
    .option('--crop <window>', '… and of its pictures: WxH+X+Y, or auto')
    .option('--html <file>', 'write a page with pictures, .html')
    .option('--overwrite', 'replace the page if it exists')
    .option('--json', 'print one JSON object')
    .action(
      run(async (file: string, options: unknown) => (await import('../commands/verify.js')).verify(file, options)),
    );
}
