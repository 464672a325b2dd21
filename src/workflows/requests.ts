import type { SignalDefinition } from '@temporalio/common';
import { patched, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { type Answer, answerQuery } from './messages.js';

/** Answers that are kept: whoever asks waits for one answer at a time. */
const KEPT = 50;

/**
 * What was asked of a workflow by signals, and what has become of it. Signals and a query do what updates are for,
 * since a signal is an event of the history and an update is not before it is accepted: when a worker takes a run up
 * that it does not know, core may put an update into another activation than it does in the replay, and the run never
 * goes on (temporalio/sdk-rust issue 1146).
 */
export class Requests {
  readonly #answers = new Map<string, () => Answer>();

  /** @param carried what the run before has answered. */
  constructor(carried: readonly string[] = []) {
    for (const id of carried) this.note(id, () => 'done');
    setHandler(answerQuery, (id) => this.#answers.get(id)?.() ?? 'unknown');
  }

  /** @param answer is asked whenever somebody wants to know. */
  note(id: string | undefined, answer: () => Answer): void {
    if (id === undefined) return;
    this.#answers.set(id, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > KEPT && oldest !== undefined) this.#answers.delete(oldest);
  }

  /** For the next run. */
  get ids(): string[] {
    return [...this.#answers.keys()];
  }
}

interface Listener {
  name: string;
  take: (...args: never[]) => unknown;
  register: () => void;
}

export function on<A extends unknown[]>(
  signal: SignalDefinition<A>,
  take: (...args: A) => void | Promise<void>,
): Listener {
  return {
    name: signal.name,
    take,
    register: () => {
      setHandler(signal, take);
    },
  };
}

/**
 * From now on the workflow takes these signals. Those from before its first task are taken in the order in which they
 * came: the SDK gives each handler that is set what waits for it at once, and so the handler that is set last would
 * have the last word.
 */
export function listen(listeners: readonly Listener[]): void {
  if (patched('signals-in-order')) {
    setDefaultSignalHandler(
      (name, ...args) =>
        listeners.find((listener) => listener.name === name)?.take(...(args as never[])) as void | Promise<void>,
    );
  }
  for (const { register } of listeners) register();
  setDefaultSignalHandler(undefined);
}
