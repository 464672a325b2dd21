import os from 'node:os';

/** One line that says how far numbers can be trusted; load counts processes that want a core. */
export function printMachine(): void {
  const cores = os.availableParallelism();
  const load = os.loadavg()[0] ?? 0;
  console.log(
    `${cores} cores, ${os.cpus()[0]?.model.trim() ?? 'unknown processor'}; load before the start ${load.toFixed(1)}` +
      (load > cores / 2
        ? ': the machine is busy, so only ratios within this run mean anything, and even they are noisy'
        : ''),
  );
}

/** `value (owed: at least 0.95: yes)` */
export const atLeast = (value: number, owed: number): string =>
  `${value.toFixed(3)} (owed: at least ${owed}: ${value >= owed ? 'yes' : 'NO'})`;
export const atMost = (value: number, owed: number, unit: string): string =>
  `${value.toFixed(2)} ${unit} (owed: at most ${owed} ${unit}: ${value <= owed ? 'yes' : 'NO'})`;

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

/** `--frames 500` -> 500 */
export function numberFlag(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} needs a whole number`);
  return value;
}

/** `--clip live` -> live */
export function textFlag(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : process.argv[at + 1];
  if (value === undefined) throw new Error(`--${name} needs a value`);
  return value;
}
