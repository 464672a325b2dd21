import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What an operator can filter by in the Temporal Web UI. The server has to know them: see
 * src/client/connection/searchAttributes.ts.
 */
export const stageKey = defineSearchAttributeKey('reelscaleStage', SearchAttributeType.KEYWORD);
export const percentKey = defineSearchAttributeKey('reelscalePercent', SearchAttributeType.DOUBLE);
export const modelKey = defineSearchAttributeKey('reelscaleModel', SearchAttributeType.KEYWORD);
export const inputKey = defineSearchAttributeKey('reelscaleInput', SearchAttributeType.KEYWORD);
