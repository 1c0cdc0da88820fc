// Tells a subscription that a poll may bring something: the adapter's watch, or the batches that this bus dispatched.
// Invariant: a wake-up that comes while a poll is under way is not lost: `version` has moved on since the poll began.
import type { ShardTest } from './order-hold.ts';
import type { PollSource } from './poll-source.ts';

/** Longer than any process lives without a wake-up; a pending timer is what keeps it alive. */
const KEEP_ALIVE_MS = 2_147_483_647;

export interface WakeUpOptions {
  readonly source: PollSource;
  readonly asked: ShardTest;
  /** Whether the end of a batch matters in itself, since it ends a hold. */
  readonly ordered: boolean;
}

export class WakeUps {
  /** Counts the wake-ups. */
  version = 0;
  readonly #source: PollSource;
  readonly #stops: (() => void)[] = [];
  /** Ends the sleep that is under way; `#wake` is the same while wake-ups may end it, too. */
  #rise: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor({ source, asked, ordered }: WakeUpOptions) {
    this.#source = source;
    const listener = (shard: number): void => {
      if (!asked(shard)) return;
      this.version += 1;
      this.#wake?.();
    };
    if (source.guard.canWatch) {
      this.#stops.push(source.guard.watch(listener, (finding) => source.report(finding)));
    }
    // Asked anew: a watch that keeps no contract has just turned out to be none.
    if (ordered || !source.guard.canWatch) this.#stops.push(source.onDispatched(listener));
  }

  /** Resolves after a wake-up later than `seen`, after `delayMs`, or when closed. Keeps the process alive. */
  async after(seen: number, delayMs = KEEP_ALIVE_MS): Promise<void> {
    if (this.version === seen) await this.#sleep(delayMs, true);
  }

  /** Resolves after `delayMs` or when closed, whatever happens meanwhile. */
  pause(delayMs: number): Promise<void> {
    return this.#sleep(delayMs, false);
  }

  /** Lets the event loop turn once. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#source.environment.soon(resolve);
    });
  }

  /** Lets go of the adapter and the bus; whoever waits goes on. */
  close(): void {
    this.#closed = true;
    // First: nothing that a stop does may leave the sleeper asleep.
    this.#rise?.();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #sleep(delayMs: number, wakes: boolean): Promise<void> {
    if (this.#closed || delayMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#source.environment.after(delayMs, () => this.#rise?.());
      const rise = (): void => {
        timer.cancel();
        this.#rise = undefined;
        this.#wake = undefined;
        resolve();
      };
      this.#rise = rise;
      if (wakes) this.#wake = rise;
    });
  }
}
