import { useEffect, useState } from 'preact/hooks';
import type { Batches } from '../src/dashboard/schemas/batches.js';
import type { JobsEvent, Overview } from '../src/dashboard/schemas/events.js';
import type { Job, JobDetail } from '../src/dashboard/schemas/jobs.js';
import { api, Refusal, type Session } from './api.js';

export interface State {
  session?: Session;
  /** Newest first. */
  jobs: Job[];
  total: number;
  batches: Batches;
  overview?: Overview;
  /** Of the job whose page is open. */
  detail?: JobDetail;
  missing: boolean;
  connection: 'loading' | 'live' | 'lost';
  /** Frames a second of the last minutes, of jobs at work. */
  sparks: Map<string, number[]>;
  /** Said once, to people and to screen readers. */
  said: { text: string; bad: boolean; at: number } | undefined;
}

const SPARK = 60;
const RETRY_MS = 2000;

let state: State = {
  jobs: [],
  batches: { batches: [], schedules: [] },
  total: 0,
  missing: false,
  connection: 'loading',
  sparks: new Map(),
  said: undefined,
};
const listeners = new Set<() => void>();
const rows = new Map<string, Job>();
let revision = '';
let limit = 2000;
let source: EventSource | undefined;
let watched: string | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;

function set(change: Partial<State>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

export function useStore<T>(select: (state: State) => T): T {
  const [value, change] = useState(() => select(state));
  useEffect(() => {
    const listen = (): void => {
      change(() => select(state));
    };
    listeners.add(listen);
    listen();
    return () => {
      listeners.delete(listen);
    };
  }, []);
  return value;
}

export function say(text: string, bad = false): void {
  set({ said: { text, bad, at: Date.now() } });
}

/** Does something that may be refused, and says why if it is. @returns whether it was done. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done !== undefined) say(done);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) await start();
    else say(error instanceof Error ? error.message : String(error), true);
    return false;
  }
}

/** For buttons: does one thing at a time. @returns whether it is being done, and what begins it. */
export function useAction(): [busy: boolean, act: (work: () => Promise<unknown>, done: string) => void] {
  const [busy, setBusy] = useState(false);
  return [
    busy,
    (work, done) => {
      setBusy(true);
      void attempt(work, done).finally(() => {
        setBusy(false);
      });
    },
  ];
}

/** Loads everything, as after signing in. */
export async function start(): Promise<void> {
  try {
    const session = await api.session();
    set({ session });
    if (session.signedIn) await load();
    else source?.close();
  } catch {
    lost();
  }
}

export async function showAll(): Promise<void> {
  limit = 20_000;
  await load();
}

async function load(): Promise<void> {
  const [{ jobs, total, revision: now }, batches] = await Promise.all([api.jobs(limit), api.batches()]);
  rows.clear();
  for (const job of jobs) rows.set(job.job, job);
  revision = now;
  set({ jobs: [...jobs], total, batches });
  if (watched !== undefined) await loadDetail(watched);
  listen();
}

async function loadDetail(job: string): Promise<void> {
  try {
    const detail = await api.job(job);
    if (watched === job) set({ detail, missing: false });
  } catch (error) {
    if (watched === job && error instanceof Refusal && error.status === 404) set({ missing: true });
    else if (error instanceof Refusal && error.status === 401) await start();
  }
}

/** Opens or leaves the page of a job: the one stream then carries its details too. */
export function watch(job: string | undefined): void {
  if (watched === job) return;
  watched = job;
  delete state.detail;
  set({ missing: false });
  if (state.session?.signedIn !== true) return;
  if (job !== undefined) void loadDetail(job);
  listen();
}

function listen(): void {
  source?.close();
  clearTimeout(retry);
  source = new EventSource(
    `/api/events?since=${encodeURIComponent(revision)}${watched === undefined ? '' : `&job=${watched}`}`,
  );
  source.onopen = () => {
    set({ connection: 'live' });
  };
  source.onerror = lost;
  on<JobsEvent>('jobs', applyJobs);
  on<Batches>('batches', applyBatches);
  on<Overview>('overview', (overview) => {
    set({ overview });
  });
  on<JobDetail>('detail', applyDetail);
  on('reset', () => {
    void load().catch(lost);
  });
}

function on<T>(name: string, handle: (data: T) => void): void {
  source?.addEventListener(name, (event: MessageEvent<string>) => {
    if (event.lastEventId !== '') revision = event.lastEventId;
    handle(JSON.parse(event.data) as T);
  });
}

export function applyBatches(batches: Batches): void {
  set({ batches });
}

/** The browser reconnects by itself, except where the server refused it. */
function lost(): void {
  set({ connection: 'lost' });
  if (source && source.readyState !== EventSource.CLOSED) return;
  clearTimeout(retry);
  retry = setTimeout(() => {
    void start();
  }, RETRY_MS);
}

function applyJobs({ changed, removed, total }: JobsEvent): void {
  for (const job of removed) {
    rows.delete(job);
    state.sparks.delete(job);
  }
  for (const job of changed) {
    announce(rows.get(job.job), job);
    rows.set(job.job, job);
    if (job.status === 'running')
      state.sparks.set(job.job, [...(state.sparks.get(job.job) ?? []), job.fps].slice(-SPARK));
    else state.sparks.delete(job.job);
  }
  const jobs = [...rows.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  set({ jobs, total });
}

/** What a person who does not look would want to hear: ends, and pauses that nobody asked for. */
function announce(before: Job | undefined, now: Job): void {
  if (!before || before.status === now.status) return;
  if (now.status === 'done') say(`${now.inputName} is done`);
  if (now.status === 'failed') say(`${now.inputName} failed: ${now.error ?? ''}`, true);
  if (now.status === 'paused') say(`${now.inputName} is paused${now.reason ? `: ${now.reason}` : ''}`);
}

function applyDetail(detail: JobDetail): void {
  if (detail.job.job !== watched) return;
  const known = state.detail?.job.job === watched ? state.detail.speed : [];
  const last = known.at(-1)?.[0] ?? -Infinity;
  set({ detail: { ...detail, speed: [...known, ...detail.speed.filter(([at]) => at > last)] }, missing: false });
}
