import type { BatchDetail, Batches } from '../src/dashboard/schemas/batches.js';
import type { JobDetail, Jobs } from '../src/dashboard/schemas/jobs.js';
import type { Frames } from '../src/dashboard/schemas/pictures.js';
import type { Choices, Estimate, Folder, Submit } from '../src/dashboard/schemas/submit.js';

/** An answer that is a refusal; the message is for people. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function call<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: { 'X-Reelscale': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const answer = (await response.json().catch(() => ({}))) as { error?: string };
  if (!response.ok) throw new Refusal(response.status, answer.error ?? `the server answered ${response.status}`);
  return answer as T;
}

export interface Session {
  version: string;
  signedIn: boolean;
}

/** Every request of the page, as the OpenAPI document has them. */
export const api = {
  session: () => call<Session>('GET', '/api/session'),
  signIn: (token: string) => call<Session>('POST', '/api/session', { token }),
  signOut: () => call<Session>('DELETE', '/api/session'),
  jobs: (limit: number) => call<Jobs>('GET', `/api/jobs?limit=${limit}`),
  job: (job: string) => call<JobDetail>('GET', `/api/jobs/${job}`),
  submit: (job: Submit) => call<{ job: string; status: 'started' | 'finished before' }>('POST', '/api/jobs', job),
  act: (job: string, action: 'pause' | 'resume') => call('POST', `/api/jobs/${job}/${action}`),
  cancel: (job: string, discard: boolean) => call('POST', `/api/jobs/${job}/cancel`, { discard }),
  publish: (job: string) => call('POST', `/api/jobs/${job}/publish`, {}),
  batches: () => call<Batches>('GET', '/api/batches'),
  batch: (batch: string) => call<BatchDetail>('GET', `/api/batches/${batch}`),
  actOnBatch: (batch: string, action: 'pause' | 'resume') => call<Batches>('POST', `/api/batches/${batch}/${action}`),
  cancelBatch: (batch: string, discard: boolean) => call<Batches>('POST', `/api/batches/${batch}/cancel`, { discard }),
  actOnSchedule: (name: string, action: 'pause' | 'resume' | 'trigger') =>
    call<Batches>('POST', `/api/schedules/${name}/${action}`),
  deleteSchedule: (name: string) => call<Batches>('DELETE', `/api/schedules/${name}`),
  frames: (job: string) => call<Frames>('GET', `/api/jobs/${job}/frames`),
  choices: () => call<Choices>('GET', '/api/choices'),
  folder: (path: string) => call<Folder>('GET', `/api/folder?path=${encodeURIComponent(path)}`),
  estimate: (
    asked: Pick<Submit, 'input' | 'preset' | 'model' | 'scale'> & { measure: boolean; costPerHour?: number },
    signal: AbortSignal,
  ) => call<Estimate>('POST', '/api/estimate', asked, signal),
};

export const picturePath = (job: string, side: 'source' | 'result', frame: number, width: number): string =>
  `/api/jobs/${job}/frames/${frame}/${side}?width=${width}`;
export const posterPath = (job: string): string => `/api/jobs/${job}/poster`;
export const summaryPath = (batch: string): string => `/api/batches/${batch}/summary`;
export const verifiedPath = (job: string): string => `/api/jobs/${job}/verified`;
