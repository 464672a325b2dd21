import { z } from 'zod';

/**
 * Temporal's task-queue priorities: of tasks that wait on a queue, those with the smaller number are taken first. 3 is
 * the server's default.
 */
export const prioritySchema = z.number().int().min(1).max(5);

/** Where nothing else was asked for: nobody who waits for one video waits behind a night of episodes. */
export const PRIORITY = { filter: 1, model: 2, batch: 4 } as const;
