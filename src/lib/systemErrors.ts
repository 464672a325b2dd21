export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * What the operating system said no to: the disk, the network, a process. Errors of zlib have an `errno` too, and name
 * no call: they are about bytes, which another attempt does not mend.
 */
export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'errno' in error && 'syscall' in error;

/**
 * To catch that nothing has that name, where this is an answer: `stat(file).catch(ignoreMissing)`.
 * @throws any other error again: a disk that is away, or a folder that may not be read, says nothing of what is there.
 */
export function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
}

/**
 * The same for a name that a person gave: what may not be read, leads in a circle, or is no name that a file can have
 * counts as not there.
 */
export function ignoreUnreachable(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'))
    throw error;
}

/**
 * To catch an error that says nothing new: of what ends anyway, of clean-up beside another failure, of what is told or
 * tried again at another place. Who uses it says beside it why nothing is lost.
 */
export const ignoreKnown = (): undefined => undefined;
