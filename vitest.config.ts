import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They end tests that hang, and never those of a slow machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Many tests wait for servers and time-outs: with two, a machine of two cores is idle for almost half of the time.
    maxWorkers: 3,
  },
});
