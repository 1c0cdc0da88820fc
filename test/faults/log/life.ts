// One life of a log on the model file system: batches and flushes in a fixed order, each call perhaps the last.
// Invariant: `promised` is what resolved flushes covered; a batch that was refused is tried again or counted as dropped.
import type { Batch } from '../../../src/adapter/contract.ts';
import { logSettings } from '../../../src/adapters/log/config.ts';
import type { FileSystem } from '../../../src/adapters/log/file-system.ts';
import { LogStore } from '../../../src/adapters/log/log-store.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { StoreAdapter } from '../../../src/frame-store/store-adapter.ts';
import { BatchMaker } from '../../../src/testing/index.ts';

const { signal } = new AbortController();
export const SHARDS = [0, 1] as const;
const STEPS = 24;
const MOST_ATTEMPTS = 5;

export interface LifeOptions {
  readonly files: FileSystem & { readonly crashed: boolean };
  readonly producer: string;
  readonly maxBytes?: number;
}

export class Life {
  /** Payloads that a resolved flush has covered, and no rejected one before it. */
  readonly promised = new Set<string>();
  /** For each shard the payloads that were given to the log and not refused for good, in order. */
  readonly given = new Map<number, string[]>();
  readonly #doubtful = new Set<string>();
  readonly #options: LifeOptions;
  readonly #adapter: StoreAdapter;
  readonly #maker: BatchMaker;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#adapter = openAdapter(options.files, options.maxBytes);
    this.#maker = new BatchMaker({ producer: options.producer });
  }

  /** Lives until its end, or the crash. Rejects with what is neither. */
  async run(): Promise<void> {
    try {
      await this.#adapter.init(context(this.#options.producer));
      for (let step = 0; step < STEPS; step += 1) await this.#step(step);
      await this.#adapter.shutdown({ signal });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      if (!this.#options.files.crashed) await this.#end();
    }
  }

  async #end(): Promise<void> {
    try {
      await this.#adapter.shutdown({ signal });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
    }
  }

  async #step(step: number): Promise<void> {
    const shard = SHARDS[step % 2] as number;
    const payloads = Array.from({ length: 1 + (step % 5) }, (_, nth) =>
      `${this.#options.producer}-${shard}-${step}-${nth}`.padEnd(40 * (1 + (step % 4)), '.'),
    );
    const batch = this.#maker.batch(shard, payloads);
    if (await this.#put(batch)) this.given.set(shard, [...(this.given.get(shard) ?? []), ...payloads]);
    else this.#maker.rewind(shard, payloads.length);
    if (step % 3 === 2) await this.#flush();
  }

  /** False when the log has refused the batch for good, and stays usable. */
  async #put(batch: Batch): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#adapter.onBatch(batch, { signal });
        return true;
      } catch (error) {
        if (this.#options.files.crashed || !(error instanceof AdapterError)) throw error;
        if (!error.isRetryable()) return false;
        if (attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  async #flush(): Promise<void> {
    const covered = [...this.given.values()].flat().filter((payload) => !this.promised.has(payload));
    try {
      await this.#adapter.flush({ signal });
    } catch (error) {
      if (this.#options.files.crashed || !(error instanceof AdapterError)) throw error;
      for (const payload of covered) this.#doubtful.add(payload);
      return;
    }
    // What one flush has told of is not told again by the next.
    for (const payload of covered) if (!this.#doubtful.has(payload)) this.promised.add(payload);
  }
}

export function openAdapter(files: FileSystem, maxBytes?: number): StoreAdapter {
  const settings = logSettings('/log', { segmentBytes: 4096, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const small = { ...settings, segmentBytes: 1024 };
  const store = new LogStore(small, { files, lock: async () => ({ lost: false, release: async () => undefined }) });
  return new StoreAdapter(store, { name: 'log', durable: true });
}

export function context(producer: string): Parameters<StoreAdapter['init']>[0] {
  return { producer, now: () => 0n, report: () => undefined };
}
