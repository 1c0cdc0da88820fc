// The frames of all shards in the memory of the process. Invariant: what is kept are the newest events of the whole
// store, in the order of their batches, as many as both bounds allow and at least one.
import { randomBytes } from 'node:crypto';
import type { Batch, ShardInfo, StoreInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { FrameSlice, FrameStore, ShardExtent } from '../../frame-store/frame-store.ts';
import { AppendOrder } from './append-order.ts';
import { BlockPool } from './block-pool.ts';
import type { MemoryBounds } from './config.ts';
import { ShardHistory } from './shard-history.ts';

export class MemoryStore implements FrameStore {
  readonly #bounds: MemoryBounds;
  readonly #storeId = `memory-${randomBytes(8).toString('hex')}`;
  readonly #shards = new Map<number, ShardHistory>();
  readonly #order = new AppendOrder();
  readonly #pool = new BlockPool();
  #events = 0;
  #bytes = 0;
  #taken = false;

  constructor(bounds: MemoryBounds) {
    this.#bounds = bounds;
  }

  async open(): Promise<StoreInfo> {
    if (this.#taken) {
      throw new AdapterError(
        'Connection',
        'This memory store is open in another bus of the process: shut that one down first, or make a second memory().',
      );
    }
    this.#taken = true;
    let lastTimestampNs = 0n;
    for (const { newestStampNs } of this.#shards.values()) {
      if (newestStampNs > lastTimestampNs) lastTimestampNs = newestStampNs;
    }
    const storeId = this.#storeId;
    return lastTimestampNs === 0n ? { storeId } : { storeId, lastTimestampNs };
  }

  extent(shard: number): ShardExtent | undefined {
    return this.#shards.get(shard);
  }

  lastSequence(shard: number, producer: string): number | undefined {
    return this.#shards.get(shard)?.lastSequence(producer);
  }

  lastSequences(shard: number): ReadonlyMap<string, number> {
    return this.#shards.get(shard)?.lastSequences ?? new Map();
  }

  async append(batch: Batch, lost: number): Promise<void> {
    this.#bytes += this.#history(batch.shard).append(batch, lost);
    this.#events += batch.count;
    this.#order.push(batch.shard, batch.count);
    this.#trim();
  }

  async read(shard: number, index: number): Promise<FrameSlice | undefined> {
    return this.#shards.get(shard)?.read(index);
  }

  view<T>(shard: number, index: number, use: (slice: FrameSlice) => T): T | undefined {
    return this.#shards.get(shard)?.view(index, use);
  }

  async findTime(shard: number, timestampNs: bigint): Promise<number> {
    return this.#shards.get(shard)?.findTime(timestampNs) ?? 0;
  }

  async seal(shard: number): Promise<void> {
    this.#history(shard).sealed = true;
  }

  shards(): readonly ShardInfo[] {
    return Array.from(this.#shards.values(), (history) => history.info());
  }

  async flush(): Promise<void> {
    // Nothing is more durable than it was when `append` returned.
  }

  async close(): Promise<void> {
    this.#taken = false;
  }

  #history(shard: number): ShardHistory {
    let history = this.#shards.get(shard);
    if (history === undefined) {
      history = new ShardHistory(shard, this.#pool);
      this.#shards.set(shard, history);
    }
    return history;
  }

  #trim(): void {
    const { maxEvents, maxBytes } = this.#bounds;
    while (this.#events > 1 && (this.#events > maxEvents || this.#bytes > maxBytes)) {
      const run = this.#order.oldest();
      if (run === undefined) return;
      const most = Math.min(run.count, this.#events - 1);
      const dropped = this.#history(run.shard).dropOldest(most, this.#events - maxEvents, this.#bytes - maxBytes);
      this.#events -= dropped.count;
      this.#bytes -= dropped.bytes;
      this.#order.take(dropped.count);
    }
  }
}
