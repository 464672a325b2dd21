import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { UserError } from './errors.js';

/**
 * What Node puts in place of bytes of a name that are not UTF-8: the name then leads to no file, or makes one of
 * another name.
 */
const REPLACED = '\ufffd';

/** Whether Node cannot open a file by the name that it gave for it. */
export const isMangled = (file: string): boolean => file.includes(REPLACED) && !existsSync(file);

/** @throws UserError for the real path of a file or folder that is there, but not under that name. */
export function requireUsableName(real: string): void {
  if (isMangled(real))
    throw new UserError(
      `${real} is not named in UTF-8, and cannot be opened by that name: rename the file or folder first`,
    );
}

/** @throws UserError where this process was given arguments that are not UTF-8, as far as the system tells. */
export function requireUsableArguments(argv: readonly string[]): void {
  const mangled = argv.find((argument) => argument.includes(REPLACED));
  if (mangled === undefined) return;
  let given: Buffer;
  try {
    given = readFileSync('/proc/self/cmdline');
  } catch {
    // A system without it: the name is met again when it is looked for.
    return;
  }
  if (!isUtf8(given)) throw new UserError(`the argument ${mangled} is not UTF-8: rename the file or folder first`);
}
