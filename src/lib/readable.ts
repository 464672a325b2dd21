/** A line of a log for people; what is no line of ours stays as it is. */
export function readable(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, err, ...rest } = entry;
  if (typeof level !== 'string' || typeof time !== 'string') return line;
  const parts = [
    time.slice(11, 19),
    ...(level === 'info' ? [] : [level.toUpperCase()]),
    ...(typeof msg === 'string' ? [msg] : []),
    ...Object.entries(rest).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  const stack = (err as { stack?: string } | undefined)?.stack;
  return [parts.join('  '), ...(stack === undefined ? [] : [stack])].join('\n');
}
