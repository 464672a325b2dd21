import { Temporal } from 'temporal-polyfill';

/**
 * The first moment after `from` at which the zone's clocks show `clock`, in milliseconds since 1970. A time that is
 * left out when clocks go forward is taken as much later; one that comes twice when they go back counts twice.
 * @param clock `HH:MM`
 */
export function nextClock(from: number, clock: string, timeZone: string): number {
  const plainTime = Temporal.PlainTime.from(clock);
  const today = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone).toPlainDate();
  for (let days = 0; ; days++) {
    const local = today.add({ days }).toPlainDateTime(plainTime);
    for (const disambiguation of ['compatible', 'later'] as const) {
      const at = local.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds;
      if (at > from) return at;
    }
  }
}
