import { defineConfig } from 'vitest/config';

const MEDIA = ['test/media/**/*.test.ts', 'test/activities/damage.test.ts', 'test/upscaler/luma.test.ts'];
const SERVERS = [
  'test/{e2e,workflows}/**/*.test.ts',
  'test/supervisor/{supervisor,serverDoor}.test.ts',
  'test/worker/deviceSlots.test.ts',
  'test/client/job/{goOn,control}.test.ts',
];

/** They end tests that hang, and never those of a slow machine. */
const limits = { testTimeout: 600_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    // Many tests wait for servers and time-outs: with two, a machine of two cores is idle for almost half of the time.
    maxWorkers: 4,
    globalSetup: 'scripts/buildForTests.mjs',
    // Each file is in exactly one of them. They take over nothing of the above, so that flags such as --maxWorkers
    // count.
    projects: [
      // No server, no browser, no long videos: for every change.
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...MEDIA, ...SERVERS], ...limits } },
      // What ffmpeg makes of real files.
      { test: { name: 'media', include: MEDIA, ...limits } },
      // The Temporal server, the command line and the page.
      { test: { name: 'e2e', include: SERVERS, ...limits } },
    ],
  },
});
