/** What a flag that names a time has to be. */
export const TIME = 'must be a time in seconds or as [HH:]MM:SS, such as 83.5 or 1:23.5';

/**
 * Reads a time of a video: seconds (`83.5`), `MM:SS` or `HH:MM:SS`, each with decimals if wanted.
 * @returns seconds; undefined for anything else.
 */
export function parseTime(text: string): number | undefined {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)$/.exec(text.trim());
  if (!match) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  const inMinutes = match[2] !== undefined;
  if ((inMinutes && seconds >= 60) || (match[1] !== undefined && minutes >= 60)) return undefined;
  return hours * 3600 + minutes * 60 + seconds;
}

/** 83.5 -> 1:23.500, 7265 -> 2:01:05.000; rounded to milliseconds. */
export function formatTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const rest = `${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
