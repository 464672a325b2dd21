/** Why a network cannot be used. Its message ends a sentence that begins with the file's name. */
export class UnsupportedModel extends Error {}

/** The first line of what a library said, of bounded length. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').trim().slice(0, 200);
}
