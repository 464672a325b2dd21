import { allHandlersFinished, condition, continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import type { UpscaleVideoInput } from '../job/contracts.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import type { Pass } from './pass.js';
import type { JobState } from './state.js';

const PATCH = 'continue-as-new';

/** Only segments make a history long; what comes behind them is a few activities, which may be long ones. */
const isSuggested = ({ scan, stage }: JobState): boolean =>
  scan !== undefined && (stage === 'upscale' || stage === 'encode') && workflowInfo().continueAsNewSuggested;

/** Whether the server asks for a new run, which begins with an empty history. */
export const isLong = (state: JobState): boolean => isSuggested(state) && patched(PATCH);

/**
 * Ends a pass as a pause does when the history has grown long: its activities commit their parts, and go on behind
 * them in the next run.
 */
export function watchLength(state: JobState, pass: Pass): void {
  const long = condition(() => pass.over || isSuggested(state)).then(() => {
    if (!pass.over && patched(PATCH)) pass.interrupt();
  });
  // A cancellation from outside ends the wait, and the pass with it.
  long.catch(ignoreKnown);
}

/** Continues the job as a new run; returns only when it is cancelled before that. */
export async function goOnAsNewRun(input: UpscaleVideoInput, state: JobState): Promise<void> {
  // Whoever waits for a pause to be through gets the answer of this run.
  await condition(allHandlersFinished);
  if (state.cancelling || !state.scan) return;
  await continueAsNew<(input: UpscaleVideoInput) => Promise<unknown>>({
    ...input,
    tell: state.tell,
    carried: state.carried(state.scan),
  });
}
