import type { FloatPrecision } from '../models/precision.js';

/** What a network is computed in. */
export type Precision = FloatPrecision | 'bf16';
