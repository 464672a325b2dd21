import { sleep } from '@temporalio/workflow';

/** As a release may have been whose histories the one of today does not fit. */
export async function upscaleVideo(): Promise<void> {
  await sleep('1 day');
}
