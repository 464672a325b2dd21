import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { recorded } from '../support/histories.js';
import { workflowBundle } from '../support/temporal.js';

const histories = recorded();

describe('the workflow code', () => {
  it('has histories of releases to be held against', () => {
    expect(histories.length).toBeGreaterThan(5);
  });

  it.each(histories)('still fits the history $name', async ({ name, history }) => {
    await Worker.runReplayHistory({ workflowBundle }, history, name);
  });
});
