/** What the user asked for: one line, or several, to stdout. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => {
  print(JSON.stringify(value));
};

/** What is said beside it, to stderr. */
export const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
