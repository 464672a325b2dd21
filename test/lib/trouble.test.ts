import { expect, test } from 'vitest';
import { Trouble } from '../../src/lib/trouble.js';

test('what fails again and again is told once, and again after it has changed or was over', async () => {
  const told: string[] = [];
  const trouble = new Trouble((reason) => told.push(reason));
  for (const reason of ['no server', 'no server', 'no disk'])
    expect(await Promise.reject(new Error(reason)).catch(trouble.met)).toBeUndefined();
  expect(told).toEqual(['no server', 'no disk']);
  trouble.over();
  trouble.met(new Error('no disk'));
  expect(told).toEqual(['no server', 'no disk', 'no disk']);
});
