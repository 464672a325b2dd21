/** A name from a file, for messages of one line: control characters escaped, length bounded. */
export const quote = (text: string | undefined): string => JSON.stringify((text ?? '').slice(0, 80));
