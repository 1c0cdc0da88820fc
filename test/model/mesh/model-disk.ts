// A disk, and a store of frames over it, as a log is one: what was not flushed may be gone after a crash, a copy has all that
// the original had, retention takes the oldest. Invariant: one opening at a time uses a disk.
import type { Batch, ShardInfo, StoreInfo } from '../../../src/adapter/contract.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import type { FrameSlice, FrameStore, ShardExtent } from '../../../src/frame-store/frame-store.ts';

interface Entry extends FrameSlice {
  readonly firstSequence: number;
  readonly lastStampNs: bigint;
}

interface DiskShard {
  entries: Entry[];
  synced: number;
  trimmedTo: number;
  trimmedStampNs: bigint;
  end: number;
  /** Last sequences of trimmed events. */
  remembered: Map<string, number>;
}

export class ModelDisk {
  shards = new Map<number, DiskShard>();

  copy(): ModelDisk {
    const copy = new ModelDisk();
    for (const [shard, state] of this.shards) {
      const { entries, remembered } = state;
      copy.shards.set(shard, { ...state, entries: [...entries], remembered: new Map(remembered) });
    }
    return copy;
  }

  /** What a crash leaves: all that was flushed, and of the rest of each shard some beginning. */
  crash(random: () => number): void {
    for (const state of this.shards.values()) {
      const unsynced = state.entries.length - state.synced;
      if (unsynced <= 0) continue;
      state.entries.length = state.synced + Math.floor(random() * (unsynced + 1));
      const last = state.entries.at(-1);
      state.end = last === undefined ? state.trimmedTo : last.index + last.count;
    }
  }
}

/** How one opening behaves. */
export interface ModelStoreOptions {
  /** The most events of a shard that retention leaves. */
  readonly maxEvents: number;
  /** Resolves when an append has taken its time. */
  readonly appendDelay: (() => Promise<void>) | undefined;
  /** Counts appends and reads. */
  readonly onCall?: () => void;
}

export class ModelStore implements FrameStore {
  readonly disk: ModelDisk;
  readonly #options: ModelStoreOptions;
  /** The process is gone: nothing reaches the disk any more. */
  isDead = false;

  constructor(disk: ModelDisk, options: ModelStoreOptions) {
    this.disk = disk;
    this.#options = options;
  }

  async open(): Promise<StoreInfo> {
    return { storeId: 'model' };
  }

  extent(shard: number): ShardExtent | undefined {
    const state = this.disk.shards.get(shard);
    return state === undefined ? undefined : { ...state, sealed: false };
  }

  lastSequence(shard: number, producer: string): number | undefined {
    return this.lastSequences(shard).get(producer);
  }

  lastSequences(shard: number): ReadonlyMap<string, number> {
    const state = this.disk.shards.get(shard);
    const last = new Map(state?.remembered);
    for (const { producer, firstSequence, count } of state?.entries ?? [])
      last.set(producer, firstSequence + count - 1);
    return last;
  }

  async append(batch: Batch, lost: number): Promise<void> {
    this.#options.onCall?.();
    if (this.#options.appendDelay !== undefined && batch.shard < 60_000) await this.#options.appendDelay();
    if (this.isDead) throw new AdapterError('Shutdown', 'The process is gone.');
    const state = this.#state(batch.shard);
    state.entries.push({
      block: Buffer.from(batch.records),
      at: 0,
      count: batch.count,
      index: state.end + lost,
      producer: batch.producer,
      lostBefore: lost,
      firstSequence: batch.firstSequence,
      lastStampNs: batch.lastTimestampNs,
    });
    state.end += lost + batch.count;
    this.#trim(state);
  }

  async read(shard: number, index: number): Promise<FrameSlice | undefined> {
    this.#options.onCall?.();
    const entries = this.disk.shards.get(shard)?.entries ?? [];
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { index: first, count } = entries[middle] as Entry;
      if (first + count > index) high = middle;
      else low = middle + 1;
    }
    return entries[low];
  }

  async findTime(): Promise<number> {
    return 0;
  }

  async seal(): Promise<void> {
    throw new AdapterError('Fatal', 'No shard of a mesh is sealed.');
  }

  shards(): readonly ShardInfo[] {
    return [...this.disk.shards.keys()].map((shard) => ({ shard, sealed: false }));
  }

  async flush(): Promise<void> {
    if (this.isDead) return;
    for (const state of this.disk.shards.values()) state.synced = state.entries.length;
  }

  async close(): Promise<void> {
    // The disk stays.
  }

  #state(shard: number): DiskShard {
    let state = this.disk.shards.get(shard);
    if (state === undefined) {
      state = { entries: [], synced: 0, trimmedTo: 0, trimmedStampNs: 0n, end: 0, remembered: new Map() };
      this.disk.shards.set(shard, state);
    }
    return state;
  }

  #trim(state: DiskShard): void {
    while (state.entries.length > 1 && state.end - state.trimmedTo > this.#options.maxEvents) {
      const entry = state.entries.shift() as Entry;
      state.synced = Math.max(0, state.synced - 1);
      state.trimmedTo = entry.index + entry.count;
      if (entry.lastStampNs > state.trimmedStampNs) state.trimmedStampNs = entry.lastStampNs;
      state.remembered.set(entry.producer, entry.firstSequence + entry.count - 1);
    }
  }
}
