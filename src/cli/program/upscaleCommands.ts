import type { Command } from 'commander';
import { withNoticeFlags } from '../noticeFlags.js';
import { withBatchFlags, withJobFlags } from '../options.js';
import type { Run } from './commandParts.js';

/** The commands that make jobs of videos. */
export function addUpscaleCommands(program: Command, run: Run): void {
  withNoticeFlags(withJobFlags(program.command('upscale')))
    .description('upscale one video; running the same command again goes on where it was')
    .argument('<input>', 'the video; its name may begin with a dash')
    .option(
      '-o, --output <file>',
      "the result, .mp4 or .mkv (default: INPUT's name with the scale, as in NAME.x4.mp4, beside it)",
    )
    .option('--overwrite', 'replace the output if it exists')
    .option('--detach', 'return at once; the job goes on in the background')
    .option('--json', 'print one JSON object as the last line of stdout')
    .action(
      run(async (input: string, options: unknown) => (await import('../commands/upscale.js')).upscale(input, options)),
    );

  withJobFlags(program.command('plan'))
    .description('what a job would take on this machine: frames, disk, time and cost; starts nothing')
    .argument('<input>', 'the video')
    .option('-o, --output <file>', 'where the result would be (default: as for upscale)')
    .option('--cost-per-hour <price>', 'of a device, in any currency: adds what the job costs')
    .option('--json', 'print one JSON object')
    .action(
      run(async (input: string, options: unknown) => (await import('../commands/plan.js')).plan(input, options)),
    );

  withNoticeFlags(withJobFlags(withBatchFlags(program.command('batch'))))
    .description('upscale many videos; running the same command again goes on where it was and makes what is new')
    .argument('<videos...>', 'folders, files, patterns in quotes, or lists (.txt, a path on each line)')
    .option('--overwrite', 'replace results that exist')
    .option('--detach', 'return at once; the batch goes on in the background')
    .option('--json', 'print the summary as one JSON object, the last line of stdout')
    .action(
      run(async (named: string[], options: Record<string, unknown>) =>
        (await import('../commands/batch.js')).batch(named, options),
      ),
    );
}

/** Of a job that kept its frames. */
export function addReencodeCommand(program: Command, run: Run): void {
  program
    .command('reencode')
    .description(
      'encode a finished job again with other settings, from the upscaled frames that it kept (--keep-mezzanine)',
    )
    .argument('<job>')
    .option(
      '-o, --output <file>',
      "the result (default: the first one's name with what is different, as in NAME.x4.crf18.mp4)",
    )
    .option('--codec <name>', 'h264, h265 or av1')
    .option('--crf <n>', 'quality')
    .option('--encoder-preset <name>', 'ultrafast to veryslow')
    .option('--tune <name>', 'film, animation, grain, psnr, ssim or fastdecode, as the codec has it')
    .option('--hw-encoder <name>', 'nvenc or vaapi; none for the processor')
    .option('--overwrite', 'replace the output if it exists')
    .option('--detach', 'return at once; the job goes on in the background')
    .option('--json', 'print one JSON object as the last line of stdout')
    .action(
      run(async (job: string, options: unknown) => (await import('../commands/reencode.js')).reencode(job, options)),
    );
}
