// An adapter that answers every batch as a script says, and keeps a record of what it was given and what it answered.
// Invariant: `taken` is set exactly when the promise that it returned was fulfilled.
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  Batch,
  CallOptions,
} from '../../../src/adapter/contract.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import type { Environment } from '../../../src/util/environment.ts';

/** How a call ends: when, by which signal, and how. */
export interface Answer {
  /** Virtual milliseconds; 0 answers in a microtask, Infinity only when released. */
  readonly afterMs: number;
  /** Rejects at once when the signal aborts. */
  readonly obedient: boolean;
  readonly end: 'ok' | 'Transient' | 'Backpressure' | 'Fatal' | 'Shutdown' | 'alien' | 'throws' | 'no-promise';
}

/** One call of `onBatch`. */
export interface Call {
  readonly batch: Batch;
  readonly answer: Answer;
  readonly sequences: readonly number[];
  readonly ids: readonly number[];
  timedOut: boolean;
  taken: boolean;
}

export interface Script {
  readonly environment: Environment;
  readonly capabilities: AdapterCapabilities;
  readonly onBatch: () => Answer;
  readonly flush: () => Answer;
  readonly shutdown: () => Answer;
}

export class ScriptedAdapter implements Adapter {
  readonly name = 'scripted';
  readonly capabilities: AdapterCapabilities;
  readonly calls: Call[] = [];
  /** Calls of `onBatch` that have not settled, by shard: never more than one. */
  readonly running = new Map<number, number>();
  mostRunning = 0;
  /** Batches whose bytes were others when the call settled. */
  changedBatches = 0;
  /** Whether the preparation of shards may fail: not while the bus starts. */
  armed = false;
  readonly sealed = new Set<number>();
  producer = '';
  closed = false;
  calledAfterClose = false;
  readonly #script: Script;
  readonly #held = new Set<() => void>();

  constructor(script: Script) {
    this.#script = script;
    this.capabilities = script.capabilities;
  }

  async init({ producer }: AdapterContext): Promise<{ storeId: string }> {
    this.producer = producer;
    return { storeId: 'scripted' };
  }

  onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    this.#noteCall();
    const answer = this.#script.onBatch();
    const call = this.#enter(batch, answer);
    const copy = Buffer.from(batch.frame);
    signal.addEventListener('abort', () => {
      call.timedOut = true;
    });
    if (answer.end === 'throws') {
      this.#leave(batch.shard);
      throw new AdapterError('Fatal', 'thrown, not rejected');
    }
    if (answer.end === 'no-promise') {
      this.#leave(batch.shard);
      call.taken = true;
      return undefined as unknown as Promise<void>;
    }
    return this.#answer(answer, signal).then(
      () => {
        call.taken = true;
        if (!copy.equals(batch.frame)) this.changedBatches += 1;
        this.#leave(batch.shard);
      },
      (error) => {
        if (!copy.equals(batch.frame)) this.changedBatches += 1;
        this.#leave(batch.shard);
        throw error;
      },
    );
  }

  async pollShard(): Promise<{ records: []; next: undefined; hasMore: false }> {
    return { records: [], next: undefined, hasMore: false };
  }

  async tail(): Promise<undefined> {
    return undefined;
  }

  flush({ signal }: CallOptions): Promise<void> {
    this.#noteCall();
    return this.#answer(this.#script.flush(), signal);
  }

  shutdown({ signal }: CallOptions): Promise<void> {
    this.#noteCall();
    this.closed = true;
    return this.#answer(this.#script.shutdown(), signal);
  }

  async prepareShard(): Promise<void> {
    this.#noteCall();
    if (this.armed) await this.#answer(this.#script.flush(), new AbortController().signal);
  }

  async sealShard(shard: number): Promise<void> {
    this.#noteCall();
    await this.#answer(this.#script.flush(), new AbortController().signal);
    this.sealed.add(shard);
  }

  /** Lets everything that hangs go on. */
  release(): void {
    for (const go of [...this.#held]) go();
  }

  #noteCall(): void {
    if (this.closed) this.calledAfterClose = true;
  }

  #enter(batch: Batch, answer: Answer): Call {
    const running = (this.running.get(batch.shard) ?? 0) + 1;
    this.running.set(batch.shard, running);
    this.mostRunning = Math.max(this.mostRunning, running);
    const sequences: number[] = [];
    const ids: number[] = [];
    for (const event of batch) {
      sequences.push(event.sequence);
      ids.push(Buffer.from(event.bytes).readUInt32LE(0));
    }
    const call = { batch, answer, sequences, ids, timedOut: false, taken: false };
    this.calls.push(call);
    return call;
  }

  #leave(shard: number): void {
    this.running.set(shard, (this.running.get(shard) ?? 0) - 1);
  }

  async #answer({ afterMs, obedient, end }: Answer, signal: AbortSignal): Promise<void> {
    if (afterMs > 0) await this.#wait(afterMs, obedient ? signal : undefined);
    if (end === 'ok' || end === 'no-promise') return;
    if (end === 'alien') throw new TypeError('no AdapterError');
    throw new AdapterError(end === 'throws' ? 'Fatal' : end, 'as the script says');
  }

  #wait(afterMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = afterMs === Infinity ? undefined : this.#script.environment.after(afterMs, () => go());
      const leave = (): void => {
        timer?.cancel();
        this.#held.delete(go);
        signal?.removeEventListener('abort', onAbort);
      };
      const go = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      this.#held.add(go);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort);
    });
  }
}
