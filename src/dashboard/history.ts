import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { workflowIdOf } from '../client/connection/connect.js';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Events of one request. */
const PAGE = 500;

/**
 * The events of a job's workflow, newest requests first: what came since the last look is read from the end on, so
 * that a job of days costs one page.
 */
export class HistoryReader {
  #runId = '';
  #events: HistoryEvent[] = [];

  /** @returns all events of the run, in order. @throws when the server does not answer. */
  async read({ workflowService, options }: Client, jobKey: string, runId: string): Promise<readonly HistoryEvent[]> {
    if (runId !== this.#runId) [this.#runId, this.#events] = [runId, []];
    const last = Number(this.#events.at(-1)?.eventId ?? 0);
    const newer: HistoryEvent[] = [];
    for (let nextPageToken: Uint8Array | undefined; ; ) {
      const { history, nextPageToken: token } = await workflowService.getWorkflowExecutionHistoryReverse({
        namespace: options.namespace,
        execution: { workflowId: workflowIdOf(jobKey), runId },
        maximumPageSize: PAGE,
        ...(nextPageToken && { nextPageToken }),
      });
      const page = history?.events ?? [];
      newer.push(...page.filter(({ eventId }) => Number(eventId) > last));
      if (token.length === 0 || page.some(({ eventId }) => Number(eventId) <= last)) break;
      nextPageToken = token;
    }
    this.#events = [...this.#events, ...newer.reverse()];
    return this.#events;
  }
}

export const timeOf = ({ eventTime }: HistoryEvent): string =>
  new Date(Number(eventTime?.seconds ?? 0) * 1000 + Math.floor(Number(eventTime?.nanos ?? 0) / 1e6)).toISOString();

/** The first of some payloads, as it was before it was sent. */
export function payloadOf(payloads: temporal.api.common.v1.IPayloads | null | undefined): unknown {
  const payload = payloads?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
