/** Task queues. The prefix names the pool of workers that sees the same roots. */
export const controlQueue = (prefix: string): string => `${prefix}.control`;
export const encodeQueue = (prefix: string): string => `${prefix}.encode`;
export const upscaleQueue = (prefix: string, tag: string): string => `${prefix}.upscale.${tag}`;
