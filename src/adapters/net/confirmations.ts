// Who waits for other nodes to have a batch. Invariant: a wait ends when enough of them have told so, when too few are linked,
// or when the caller gives up; it never hangs.
import { AdapterError } from '../../errors/adapter-error.ts';

/** What a wait is for: a stream up to a sequence. */
export interface Awaited {
  readonly shard: number;
  readonly producer: string;
  /** One more than the sequence of the last event. */
  readonly end: number;
}

export interface ConfirmationsOptions {
  /** How many other nodes must have a batch. */
  readonly confirm: number;
  /** The links to nodes that have it. */
  readonly holders: (awaited: Awaited) => readonly number[];
  /** How many nodes are linked that receive. */
  readonly linked: () => number;
}

interface Waiting {
  readonly awaited: Awaited;
  readonly settle: (error?: AdapterError) => void;
}

export class Confirmations {
  readonly #options: ConfirmationsOptions;
  readonly #waiting = new Map<number, Set<Waiting>>();

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when enough other nodes have the events.
   * @throws AdapterError Transient when fewer nodes are linked than are needed, with both numbers
   */
  wait(awaited: Awaited, signal: AbortSignal): Promise<void> {
    const { confirm, holders } = this.#options;
    if (confirm === 0 || holders(awaited).length >= confirm) return Promise.resolve();
    const tooFew = this.#tooFew();
    if (tooFew !== undefined) return Promise.reject(tooFew);
    if (signal.aborted) return Promise.reject(this.#unconfirmed(awaited));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        awaited,
        settle: (error) => {
          this.#waiting.get(awaited.shard)?.delete(waiting);
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      const onAbort = (): void => waiting.settle(this.#unconfirmed(awaited));
      signal.addEventListener('abort', onAbort);
      let set = this.#waiting.get(awaited.shard);
      if (set === undefined) {
        set = new Set();
        this.#waiting.set(awaited.shard, set);
      }
      set.add(waiting);
    });
  }

  /** Nodes told what they have of a shard. */
  look(shard: number): void {
    for (const waiting of this.#waiting.get(shard) ?? []) {
      if (this.#options.holders(waiting.awaited).length >= this.#options.confirm) waiting.settle();
    }
  }

  /** A link went down. */
  onDown(): void {
    const tooFew = this.#tooFew();
    if (tooFew !== undefined) this.#end(tooFew);
  }

  close(): void {
    this.#end(new AdapterError('Shutdown', 'The mesh was shut down before enough nodes had the batch.'));
  }

  #end(error: AdapterError): void {
    for (const set of this.#waiting.values()) for (const waiting of set) waiting.settle(error);
  }

  #tooFew(): AdapterError | undefined {
    const { confirm, linked } = this.#options;
    const count = linked();
    if (count >= confirm) return undefined;
    return new AdapterError(
      'Transient',
      `${confirm} other nodes must have a batch (confirm), and ${count} are linked.`,
    );
  }

  #unconfirmed(awaited: Awaited): AdapterError {
    const { confirm, holders } = this.#options;
    const count = holders(awaited).length;
    return new AdapterError('Transient', `${confirm} other nodes must have a batch (confirm), and ${count} have it.`);
  }
}
