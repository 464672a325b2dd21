import { type FileHandle, open, rm } from 'node:fs/promises';
import { fileDigest } from '../job/parts.js';
import { UserError, WorldError } from '../lib/errors.js';
import { sizeOf } from '../lib/files.js';
import { hasCode, ignoreKnown } from '../lib/systemErrors.js';

const STALL_MS = 30_000;
/** A connection may be cut that often, as long as each brings something. */
const MOST_CUTS = 20;
/** Several times the largest network of the registry: bounds what a wrong server can put on the disk. */
const MOST_BYTES = 1e9;

export interface DownloadOptions {
  /** http or https. Redirects are followed. */
  url: string;
  /** SHA-256 that the file must have. */
  sha256: string;
  /**
   * Where it is written. What an earlier download left there is gone on with; it stays there when this one is
   * interrupted.
   */
  file: string;
  signal?: AbortSignal | undefined;
  /** Longest time without a byte. */
  stallMs?: number;
}

/**
 * Downloads a file whose digest is known, going on where an earlier attempt was cut off.
 * @throws WorldError that names the host when it cannot be reached, refuses, or stalls; the part that came is kept.
 * @throws UserError when what came has another digest; it is removed.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, url, sha256, signal } = options;
  const host = new URL(url).host;
  // Whoever was here before may have been killed after the last byte.
  if (((await sizeOf(file)) ?? 0) > 0 && (await fileDigest(file, signal)) === sha256) return;
  for (let cuts = 0; ; cuts++) {
    const before = (await sizeOf(file)) ?? 0;
    try {
      await fetchRest(options, before);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Cut)) throw error;
      if (((await sizeOf(file)) ?? 0) > before && cuts < MOST_CUTS) continue;
      throw new WorldError(`${host} ${error.message}`);
    }
    const found = await fileDigest(file, signal);
    if (found === sha256) return;
    await rm(file, { force: true });
    // What was gone on with may have been the beginning of another file.
    if (before === 0)
      throw new UserError(
        `what ${host} gave for ${nameOf(url)} has the digest ${found.slice(0, 12)}… ` +
          `instead of ${sha256.slice(0, 12)}…: it was not kept`,
      );
  }
}

/** The server or the way to it failed. Its message ends a sentence that begins with the host. */
class Cut extends Error {}

/** Appends what is missing behind `from` bytes; a server that does not go on there is read from its beginning. */
async function fetchRest({ url, file, signal, stallMs = STALL_MS }: DownloadOptions, from: number): Promise<void> {
  const stall = new Stall(stallMs);
  try {
    const response = await request(url, from, signal, stall);
    const resumed =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true;
    const target = await open(file, resumed ? 'a' : 'w');
    try {
      await writeBody(response, target, resumed ? from : 0, stall);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    stall.end();
  }
}

async function request(url: string, from: number, signal: AbortSignal | undefined, stall: Stall): Promise<Response> {
  const headers = { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) };
  const signals = signal ? [signal, stall.signal] : [stall.signal];
  const response = await asCut(() => fetch(url, { headers, signal: AbortSignal.any(signals) }), stall);
  // Nothing lies behind what is here already: it is not the beginning of that file.
  if (response.status === 416 && from > 0) return request(url, 0, signal, stall);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Cut(`answered HTTP ${response.status} for ${nameOf(url)}`);
  }
  return response;
}

async function writeBody(response: Response, target: FileHandle, from: number, stall: Stall): Promise<void> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (let bytes = from; ; ) {
      const { done, value } = await asCut(() => reader.read(), stall);
      if (done) return;
      stall.alive();
      bytes += value.length;
      if (bytes > MOST_BYTES)
        throw new UserError(
          `what ${new URL(response.url).host} gives for ${nameOf(response.url)} is too large to be a network`,
        );
      await write(target, value);
    }
  } finally {
    // Nothing of what it might still give is wanted.
    await reader.cancel().catch(ignoreKnown);
  }
}

async function write(target: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await target.writeFile(bytes);
  } catch (error) {
    if (hasCode(error, 'ENOSPC')) throw new WorldError('no space is left on the disk for the download');
    throw error;
  }
}

async function asCut<T>(act: () => Promise<T>, stall: Stall): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (stall.signal.aborted) throw new Cut(`sent nothing for ${stall.ms / 1000} s`);
    throw new Cut(`cannot be reached (${reasonOf(error)})`);
  }
}

/** fetch hides the reason in causes. */
function reasonOf(error: unknown): string {
  let last = error;
  while (last instanceof Error && last.cause) last = last.cause;
  if (last instanceof AggregateError) last = last.errors[0];
  const message = last instanceof Error ? last.message : String(last);
  return (message.split('\n')[0] ?? '').slice(0, 200);
}

/** Aborts when it has not been told for a while that something came. */
class Stall {
  readonly ms: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.ms = ms;
    this.alive();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  alive(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const nameOf = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? url;
