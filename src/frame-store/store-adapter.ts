// The one adapter over a store of frames. It skips what is stored already, tells how many events are missing,
// turns slices into pages, and wakes watchers. Before it: the guard. After it: the store.
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  Batch,
  CallOptions,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoreInfo,
} from '../adapter/contract.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import { cutBatch } from './cut-batch.ts';
import type { FrameStore } from './frame-store.ts';
import { readPage } from './page.ts';
import { positionAt } from './position.ts';

/** What one kind of store adds to the adapter. */
export interface StoreAdapterOptions {
  readonly name: string;
  /** What `flush` covered survives the end of the process. */
  readonly durable: boolean;
  /** It reads nothing of a batch once it is appended. */
  readonly releasesBatches?: boolean;
}

interface Watcher {
  readonly call: (shard: number) => void;
}

export class StoreAdapter implements Adapter {
  readonly name: string;
  readonly capabilities: AdapterCapabilities;
  readonly #store: FrameStore;
  readonly #watchers = new Set<Watcher>();
  #context: AdapterContext | undefined;

  constructor(store: FrameStore, options: StoreAdapterOptions) {
    this.#store = store;
    this.name = options.name;
    this.capabilities = Object.freeze({
      readable: true,
      durable: options.durable,
      deduplicates: true,
      exclusive: true,
      releasesBatches: options.releasesBatches === true,
    });
  }

  async init(context: AdapterContext): Promise<StoreInfo> {
    const info = await this.#store.open(context);
    this.#context = context;
    return info;
  }

  async onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    this.#assertOpen();
    const last = this.#store.lastSequence(batch.shard, batch.producer);
    const stored = last === undefined ? 0 : Math.max(0, last + 1 - batch.firstSequence);
    if (stored >= batch.count) return;
    if (this.#store.extent(batch.shard)?.sealed) {
      throw new AdapterError('Fatal', `Shard ${batch.shard} of the ${this.name} store is sealed: no event may follow.`);
    }
    // What is missing is told by the sequences; the batch counts as lost also what was stored after all.
    const lost = last === undefined ? batch.lostBefore : Math.max(0, batch.firstSequence - last - 1);
    const missing = stored === 0 ? batch : cutBatch(batch, stored, batch.count - stored);
    await this.#store.append(missing, lost, signal);
    this.#wake(batch.shard);
  }

  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    this.#assertOpen();
    if (this.#store.refresh !== undefined) await this.#store.refresh(shard);
    return readPage(this.#store, shard, query);
  }

  async tail(shard: number): Promise<string | undefined> {
    this.#assertOpen();
    if (this.#store.refresh !== undefined) await this.#store.refresh(shard);
    return this.#positionAt(shard, this.#store.extent(shard)?.end ?? 0);
  }

  async seek(shard: number, timestampNs: bigint, { signal }: CallOptions): Promise<string | undefined> {
    this.#assertOpen();
    if (this.#store.refresh !== undefined) await this.#store.refresh(shard);
    const extent = this.#store.extent(shard);
    // Among the trimmed events some lie at or after the time: the reader starts before them and is told of the gap.
    if (extent === undefined || timestampNs <= extent.trimmedStampNs) return undefined;
    const index = await this.#store.findTime(shard, timestampNs, signal);
    return this.#positionAt(shard, index);
  }

  async prepareShard(shard: number): Promise<void> {
    this.#assertOpen();
    if (this.#store.extent(shard)?.sealed) {
      throw new AdapterError('Fatal', `Shard ${shard} of the ${this.name} store is sealed and can't be used again.`);
    }
  }

  async sealShard(shard: number): Promise<void> {
    this.#assertOpen();
    await this.#store.seal(shard);
    this.#wake(shard);
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    this.#assertOpen();
    if (this.#store.refresh !== undefined) await this.#store.refresh();
    return this.#store.shards();
  }

  async flush({ signal }: CallOptions): Promise<void> {
    this.#assertOpen();
    await this.#store.flush(signal);
  }

  async shutdown({ signal }: CallOptions): Promise<void> {
    if (this.#context === undefined) return;
    this.#context = undefined;
    this.#watchers.clear();
    await this.#store.close(signal);
  }

  async isHealthy(): Promise<boolean> {
    return this.#context !== undefined;
  }

  watch(listener: (shard: number) => void): () => void {
    const watcher = { call: listener };
    this.#watchers.add(watcher);
    const stop = this.#store.watch?.((shard) => this.#wakeOne(watcher, shard));
    return () => {
      this.#watchers.delete(watcher);
      stop?.();
    };
  }

  #positionAt(shard: number, index: number): string | undefined {
    return positionAt(index, this.#store.tagAt?.(shard, index));
  }

  #assertOpen(): AdapterContext {
    if (this.#context === undefined) throw new AdapterError('Shutdown', `The ${this.name} adapter is not open.`);
    return this.#context;
  }

  #wake(shard: number): void {
    for (const watcher of this.#watchers) this.#wakeOne(watcher, shard);
  }

  #wakeOne(watcher: Watcher, shard: number): void {
    try {
      watcher.call(shard);
    } catch (cause) {
      // The events are stored: a reader's fault must not make its writer believe otherwise.
      const message = `A watcher of the ${this.name} adapter threw.`;
      this.#context?.report({ kind: 'watcher-failed', shard, message, cause });
    }
  }
}
