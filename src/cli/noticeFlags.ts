import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { parseOptions } from '../client/job/flags.js';
import type { Notice } from '../job/notice.js';
import { UserError } from '../lib/errors.js';
import { isPrivate, literalAddress } from '../lib/privateAddress.js';
import { withAdvanced } from './options.js';

export const withNoticeFlags = (command: Command): Command =>
  withAdvanced(command, (advanced) =>
    advanced
      .option('--notify <url>', 'post a JSON there at the end, when it is done or has failed; tried again for a day')
      .option('--notify-private', 'the address may be of this machine or a private network')
      .option(
        '--notify-secret-file <file>',
        'holds the secret that signs the post (default: REELSCALE_NOTIFY_SECRET, else no signature)',
      )
      .option(
        '--on-done <command>',
        'run by sh -c at the end, on the host of the control worker, with the same JSON on its stdin',
      ),
  );

const noticeFlagsSchema = z.object({
  notify: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  notifyPrivate: z.boolean().optional(),
  notifySecretFile: z.string().min(1, 'must name a file').optional(),
  onDone: z.string().min(1, 'must be a command').optional(),
});

/** Who is to be told of the end, if somebody is. @throws UserError for an address or a file that cannot be used. */
export async function resolveNotice(options: unknown): Promise<Notice | undefined> {
  const { notify, notifyPrivate = false, notifySecretFile, onDone } = parseOptions(noticeFlagsSchema, options);
  if (notifySecretFile !== undefined && notify === undefined)
    throw new UserError('--notify-secret-file needs --notify');
  if (notify === undefined && onDone === undefined) return undefined;
  if (notify !== undefined && new URL(notify).username !== '')
    throw new UserError('--notify: an address with a user name in it cannot be posted to');
  if (notify !== undefined && !notifyPrivate && isOwn(notify))
    throw new UserError(
      '--notify: this is an address of this machine or a private network: add --notify-private if it is meant',
    );
  const secret =
    notifySecretFile === undefined ? process.env['REELSCALE_NOTIFY_SECRET'] : await readSecret(notifySecretFile);
  return {
    ...(notify !== undefined && {
      url: notify,
      ...(notifyPrivate && { privateToo: true }),
      ...(secret && { secret }),
    }),
    ...(onDone !== undefined && { command: onDone }),
  };
}

/** What can be told without asking a name server; the rest is looked at when it is posted. */
function isOwn(url: string): boolean {
  const literal = literalAddress(url);
  return literal === undefined ? /^(.*\.)?localhost\.?$/.test(new URL(url).hostname) : isPrivate(literal);
}

async function readSecret(file: string): Promise<string> {
  const secret = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`--notify-secret-file: ${(error as Error).message}`);
  });
  if (secret.trim() === '') throw new UserError(`--notify-secret-file: ${file} is empty`);
  return secret.trim();
}
