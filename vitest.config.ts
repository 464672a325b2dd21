import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Many tests wait for servers and time-outs: with two, a machine of two cores is idle for almost half of the time.
    maxWorkers: 3,
  },
});
