import { build } from './build.mjs';

/** Vitest calls it before any test: commands and workers of the tests are those of dist. */
export const setup = () => build();
