// The test's hand on a fault adapter: what each call shall meet, what was called, what is held. One control serves
// all adapters that its factory makes, so that a plan outlives a restart.
import type { Fault, FaultPlan, FaultyCall } from './fault.ts';

/** One call that reached the fault adapter. */
export interface CallEntry {
  readonly call: FaultyCall;
  readonly shard: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Set a plan for a call by name: `faults.onBatch = fault.hang()`; undefined again for none. */
export class FaultControl {
  init: FaultPlan;
  onBatch: FaultPlan;
  pollShard: FaultPlan;
  tail: FaultPlan;
  seek: FaultPlan;
  flush: FaultPlan;
  shutdown: FaultPlan;
  prepareShard: FaultPlan;
  sealShard: FaultPlan;
  listShards: FaultPlan;
  /** Hears of every call before it meets its fault. */
  onCall: ((entry: CallEntry) => void) | undefined;
  readonly #counts = new Map<FaultyCall, number>();
  readonly #held = new Set<{ readonly call: FaultyCall; readonly go: () => void }>();
  readonly #watchers = new Set<(shard: number) => void>();

  /** How often a call was made, on all adapters of the factory. */
  count(call: FaultyCall): number {
    return this.#counts.get(call) ?? 0;
  }

  /** How many calls hang now. */
  held(call?: FaultyCall): number {
    return [...this.#held].filter((each) => call === undefined || each.call === call).length;
  }

  /** How many listeners watch now. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** Lets calls that hang go on: all of them, or those of one name. */
  release(call?: FaultyCall): void {
    for (const each of [...this.#held]) {
      if (call === undefined || each.call === call) each.go();
    }
  }

  /** Wakes every watcher although nothing is new. */
  wake(shard: number): void {
    for (const watcher of [...this.#watchers]) watcher(shard);
  }

  /** For the fault adapter: counts a call and says what it meets. */
  enter(entry: CallEntry): Fault | undefined {
    const nth = this.count(entry.call);
    this.#counts.set(entry.call, nth + 1);
    this.onCall?.(entry);
    const plan = this[entry.call];
    return typeof plan === 'function' ? plan(nth) : plan;
  }

  /** For the fault adapter: settles when the call is released, or rejects when its signal aborts. */
  hold(entry: CallEntry, deaf: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const signal = deaf ? undefined : entry.signal;
      const leave = (): void => {
        this.#held.delete(held);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const go = (): void => {
        leave();
        resolve();
      };
      const held = { call: entry.call, go };
      this.#held.add(held);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort);
    });
  }

  /** For the fault adapter: keeps a listener so that `wake` reaches it. */
  addWatcher(listener: (shard: number) => void): () => void {
    // The same function may watch twice.
    const watcher = (shard: number): void => listener(shard);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }
}
