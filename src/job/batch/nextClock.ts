const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Minutes that a zone's clocks are ahead of UTC at a moment. */
function offsetMinutes(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((each) => each.type === type)?.value);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((local - Math.floor(at / MINUTE) * MINUTE) / MINUTE);
}

/**
 * The first moment after `from` at which the zone's clocks show `clock`, in milliseconds since 1970. A time that is
 * left out when clocks go forward is taken as much later.
 * @param clock `HH:MM`
 */
export function nextClock(from: number, clock: string, timeZone: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const localDay = Math.floor((from + offsetMinutes(from, timeZone) * MINUTE) / DAY) * DAY;
  for (let day = localDay; ; day += DAY) {
    const local = day + (hours * 60 + minutes) * MINUTE;
    // The offset is that of the moment which is looked for, found from a guess beside it.
    const guess = local - offsetMinutes(local, timeZone) * MINUTE;
    const at = local - offsetMinutes(guess, timeZone) * MINUTE;
    if (at > from) return at;
  }
}
