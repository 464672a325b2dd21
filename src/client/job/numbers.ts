import { z } from 'zod';

/** Text of a number. Nothing but spaces is none, though JavaScript takes it for 0. */
export const number = (error: string, fits: (value: number) => boolean) =>
  z.string().regex(/\S/, error).transform(Number).refine(fits, error);
const isWhole =
  (least: number, most: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
export const whole = (least: number, most: number) =>
  number(`must be a whole number from ${least} to ${most}`, isWhole(least, most));
