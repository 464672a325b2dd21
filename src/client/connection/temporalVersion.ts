/** Of Temporal's command line and the dev server in it. */
export const TEMPORAL_VERSION = '1.9.1';
