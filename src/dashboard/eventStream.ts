import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Details } from './detail.js';
import type { LiveState } from './liveState.js';

/** A comment this often keeps what lies between from closing a quiet stream. */
const KEEP_ALIVE_MS = 15_000;

export interface Asked {
  /** The revision that the page has. */
  since: string | undefined;
  job: string | undefined;
}

/**
 * The one stream of a page: what has changed since the revision that it has, then every change as it happens. @param
 * over called when it has ended.
 */
export function sendEvents(
  c: Context,
  liveState: LiveState,
  details: Details,
  over: () => void,
  { since, job }: Asked,
): Response {
  // A browser that comes back says what it heard last; the address that it calls is still the old one.
  const known = c.req.header('last-event-id') ?? since ?? '';
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (stream) => {
    const leave = liveState.watch();
    try {
      await new Page(stream, liveState, details, known, job).follow();
    } finally {
      leave();
      over();
    }
  });
}

class Page {
  readonly #stream: SSEStreamingApi;
  readonly #liveState: LiveState;
  readonly #details: Details;
  readonly #job: string | undefined;
  #revision: string;
  #overview = '';
  #batches = '';
  #detail = '';
  #speedAt = -Infinity;
  #spokeAt = Date.now();

  constructor(
    stream: SSEStreamingApi,
    liveState: LiveState,
    details: Details,
    revision: string,
    job: string | undefined,
  ) {
    [this.#stream, this.#liveState, this.#details, this.#revision, this.#job] = [
      stream,
      liveState,
      details,
      revision,
      job,
    ];
  }

  async follow(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#stream.onAbort(resolve);
    });
    await this.#stream.write('retry: 1000\n\n');
    while (!this.#stream.aborted && !this.#stream.closed) {
      // Asked for before anything is sent: a round during it is not missed.
      const next = this.#liveState.nextRound();
      await this.#tell();
      await Promise.race([next, gone]);
    }
  }

  async #tell(): Promise<void> {
    const revision = this.#liveState.revisions.current;
    const changes = this.#liveState.revisions.since(this.#revision);
    if (!changes) await this.#send('reset', '{}', revision);
    else if (changes.changed.length + changes.removed.length > 0)
      await this.#send('jobs', JSON.stringify(changes), revision);
    this.#revision = revision;
    const overview = textOf(this.#liveState.overview);
    if (overview !== this.#overview) await this.#send('overview', overview, revision);
    this.#overview = overview;
    const batches = textOf(this.#liveState.batches);
    if (batches !== this.#batches) await this.#send('batches', batches, revision);
    this.#batches = batches;
    if (this.#job !== undefined) await this.#tellDetail(this.#job, revision);
    if (Date.now() - this.#spokeAt > KEEP_ALIVE_MS) await this.#write(': still here\n\n');
  }

  async #tellDetail(job: string, revision: string): Promise<void> {
    const shared = await this.#details.of(job);
    const speed = this.#liveState.speed(job, this.#speedAt);
    if (!shared || (shared.text === this.#detail && speed.length === 0)) return;
    this.#detail = shared.text;
    this.#speedAt = speed.at(-1)?.[0] ?? this.#speedAt;
    await this.#send('detail', `${shared.text.slice(0, -1)},"speed":${JSON.stringify(speed)}}`, revision);
  }

  #send(event: string, json: string, id: string): Promise<void> {
    return this.#write(`event: ${event}\nid: ${id}\ndata: ${json}\n\n`);
  }

  async #write(text: string): Promise<void> {
    this.#spokeAt = Date.now();
    await this.#stream.write(text);
  }
}

/** What all pages are told alike is written once. */
const texts = new WeakMap<object, string>();

function textOf(value: object): string {
  const text = texts.get(value) ?? JSON.stringify(value);
  texts.set(value, text);
  return text;
}
