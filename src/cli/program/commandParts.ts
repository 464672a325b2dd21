/** Makes a command's action out of what returns its exit code. */
export type Run = <A extends unknown[]>(action: (...args: A) => Promise<number>) => (...args: A) => Promise<void>;

export const JSON_FLAG = ['--json', 'print JSON'] as const;

/** For options that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
