import { noteWork } from '../job/workLog.js';
import { ignoreKnown } from '../lib/systemErrors.js';

/** A killed attempt loses at most so much of the time that it worked. */
const NOTE_MS = 30_000;

/** Notes when an activity works, in stretches. */
export function workClock(
  file: string,
  stage: string,
  segment: () => number | undefined,
): { stop: () => Promise<void> } {
  let from = Date.now();
  const note = async (): Promise<void> => {
    const [began, to, at] = [from, Date.now(), segment()];
    from = to;
    // A disk that is full or away ends the activity's own work too, which says so.
    await noteWork(file, { stage, ...(at !== undefined && { segment: at }), from: began, to }).catch(ignoreKnown);
  };
  const timer = setInterval(() => {
    void note();
  }, NOTE_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await note();
    },
  };
}
