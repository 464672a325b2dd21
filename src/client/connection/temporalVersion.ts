/** Of the embedded server. In a file of its own: every command names files by it, and few fetch the program. */
export const TEMPORAL_VERSION = '1.9.1';
