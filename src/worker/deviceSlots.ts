import { EventEmitter, once } from 'node:events';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory, ActivitySlotInfo, CustomSlotSupplier } from '@temporalio/worker';

const WAITING_HEARTBEAT_MS = 5000;

/**
 * One activity at a time on a device that serves several queues, each with a worker of its own. A worker asks for a
 * slot before it polls, and gets one only while the device is free; so a busy device takes nothing from any queue. Two
 * polls that are under way at the same time may still both come back with a task: the second one then waits here.
 */
export class DeviceSlots {
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #shutdown: AbortSignal;
  #tasks = 0;
  #running = false;

  /** @param shutdown ends the wait of a task that has not begun. */
  constructor(shutdown: AbortSignal) {
    this.#shutdown = shutdown;
  }

  /** A slot supplier for one of the workers. */
  supplier(): CustomSlotSupplier<ActivitySlotInfo> {
    let reserved = false;
    let used = false;
    return {
      type: 'custom',
      reserveSlot: async (_, abortSignal) => {
        try {
          while (reserved || this.#tasks > 0) await once(this.#changes, 'change', { signal: abortSignal });
        } catch (error) {
          // The SDK wants to see its own reason again.
          abortSignal.throwIfAborted();
          throw error;
        }
        reserved = true;
        return {};
      },
      // Only tasks that a worker's own workflows start come this way, and these workers run none.
      tryReserveSlot: () => null,
      markSlotUsed: () => {
        used = true;
        this.#tasks++;
      },
      releaseSlot: () => {
        if (used) this.#tasks--;
        reserved = used = false;
        this.#changes.emit('change');
      },
    };
  }

  /** Holds a second task back until the device is free, and heartbeats meanwhile with what its last attempt said. */
  readonly interceptor: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      execute: async (input, next) => {
        await this.#turn(context);
        try {
          return await next(input);
        } finally {
          this.#running = false;
          this.#changes.emit('change');
        }
      },
    },
  });

  async #turn(context: Context): Promise<void> {
    const heartbeats = setInterval(() => {
      context.heartbeat(context.info.heartbeatDetails);
    }, WAITING_HEARTBEAT_MS);
    try {
      const signal = AbortSignal.any([context.cancellationSignal, this.#shutdown]);
      while (this.#running) await once(this.#changes, 'change', { signal });
      this.#running = true;
    } catch (error) {
      if (context.cancellationSignal.aborted) await context.cancelled;
      if (this.#shutdown.aborted)
        throw ApplicationFailure.create({
          type: 'Shutdown',
          message: 'the worker is stopping',
          nextRetryDelay: '100 milliseconds',
        });
      throw error;
    } finally {
      clearInterval(heartbeats);
    }
  }
}
