import { chmodSync, mkdirSync } from 'node:fs';
import { execaSync } from 'execa';
import { afterAll } from 'vitest';

/** Mounts a filesystem of its own for the test file. @returns false where that is not permitted. */
export function mounted(folder: string, options: string): boolean {
  mkdirSync(folder, { recursive: true });
  const { failed } = execaSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], {
    reject: false,
    stdio: 'ignore',
  });
  if (!failed)
    afterAll(() => {
      execaSync('umount', ['-l', folder], { reject: false, stdio: 'ignore' });
    });
  return !failed;
}

/** Makes a folder that nobody can write to, root included. @returns false where that cannot be had. */
export function unwritable(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  if (process.getuid?.() === 0) return mounted(folder, 'size=64k,ro');
  chmodSync(folder, 0o555);
  return true;
}
