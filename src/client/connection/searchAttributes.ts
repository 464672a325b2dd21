import type { Connection } from '@temporalio/client';

/**
 * Typed attributes of every job, so that the Web UI can list and filter by them: stage, 0 to 100, model's name,
 * input's name.
 */
export const SEARCH_ATTRIBUTES = {
  reelscaleStage: 'Keyword',
  reelscalePercent: 'Double',
  reelscaleModel: 'Keyword',
  reelscaleInput: 'Keyword',
} as const;

/** temporal.api.enums.v1.IndexedValueType */
const VALUE_TYPE = { Keyword: 2, Double: 4 } as const;

/**
 * Registers the attributes on a server that is not ours.
 * @returns why that is not possible, undefined when they are all there. A workflow that sets an unregistered one would
 * hang.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<string | undefined> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in customAttributes));
    if (missing.length === 0) return undefined;
    const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPE[type]]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
