import { existsSync } from 'node:fs';

/**
 * A file whose name begins with a dash looks like a flag. Where an argument is no known flag and such a file is there,
 * it is meant; `./` in front keeps every parser after this one from taking it for a flag.
 */
export function protectDashedFiles(argv: readonly string[], isFlag: (argument: string) => boolean): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    const mayBeFlag = end === -1 || index < end;
    return argument.startsWith('-') &&
      argument !== '-' &&
      argument !== '--' &&
      mayBeFlag &&
      !isFlag(argument) &&
      existsSync(argument)
      ? `./${argument}`
      : argument;
  });
}
