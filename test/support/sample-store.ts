// A readable store for tests of consumption: several writers, counted calls, failures, trimming, seals, watchers.
// Positions are `n<count>`: how many records of the shard, trimmed ones included, lie before.
import type {
  Adapter,
  Batch,
  Gap,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoredRecord,
} from '../../src/adapter/contract.ts';
import { PositionError } from '../../src/errors/position-error.ts';

export type SampleRecord = Omit<StoredRecord, 'position'>;

interface SampleShard {
  readonly records: SampleRecord[];
  readonly sequences: Map<string, number>;
  trimmed: number;
  sealed: boolean;
}

const encoder = new TextEncoder();

export interface SampleFacts extends Partial<Omit<SampleRecord, 'bytes' | 'timestampNs'>> {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly text?: string;
  readonly json?: unknown;
}

export class SampleStore implements Adapter {
  readonly name = 'sample';
  readonly capabilities = { readable: true, exclusive: true };
  readonly shards = new Map<number, SampleShard>();
  /** Records that `pollShard` has returned, and its calls. */
  recordsRead = 0;
  readonly polls: { readonly shard: number; readonly limit: number; readonly signal: AbortSignal }[] = [];
  /** Throws or waits before a read, as the test wishes. */
  beforePoll: ((shard: number, signal: AbortSignal) => unknown) | undefined;
  readonly watchers = new Set<(shard: number) => void>();
  seek?: NonNullable<Adapter['seek']>;
  watch?: NonNullable<Adapter['watch']>;

  constructor({ seeks = false, watchable = true }: { seeks?: boolean; watchable?: boolean } = {}) {
    if (seeks) this.seek = async (shard, timestampNs) => this.#seek(shard, timestampNs);
    if (watchable) {
      this.watch = (listener) => {
        const own = (shard: number): void => listener(shard);
        this.watchers.add(own);
        return () => this.watchers.delete(own);
      };
    }
  }

  /** Stores one event and wakes the watchers. */
  add(shard: number, timestampNs: bigint | number, facts: SampleFacts = {}): void {
    const { records, sequences } = this.#shard(shard);
    const { text, json, ...rest } = facts;
    const bytes = encoder.encode(text ?? JSON.stringify(json ?? { n: records.length }));
    const sequence = rest.sequence ?? sequences.get(rest.producer ?? 'a') ?? 0;
    sequences.set(rest.producer ?? 'a', sequence + 1);
    records.push({ producer: 'a', hash: 0n, bytes, ...rest, sequence, timestampNs: BigInt(timestampNs) });
    this.wake(shard);
  }

  wake(shard: number): void {
    for (const watcher of [...this.watchers]) watcher(shard);
  }

  /** Drops the oldest records of a shard. */
  trim(shard: number, count: number): void {
    const state = this.#shard(shard);
    state.trimmed = Math.min(state.trimmed + count, state.records.length);
  }

  seal(shard: number): void {
    this.#shard(shard).sealed = true;
  }

  async init() {
    return { storeId: 'sample' };
  }

  async onBatch(batch: Batch): Promise<void> {
    for (const { sequence, timestampNs, hash, bytes, key, headers } of batch) {
      this.add(batch.shard, timestampNs, { producer: batch.producer, sequence, hash, bytes, key, headers });
    }
  }

  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    this.polls.push({ shard, limit: query.limit, signal: query.signal });
    await this.beforePoll?.(shard, query.signal);
    const state = this.shards.get(shard);
    if (state === undefined) return { records: [], next: query.after, hasMore: false };
    const after = query.after === undefined ? 0 : offsetOf(query.after, state.records.length);
    const from = Math.max(after, state.trimmed);
    const records = this.#slice(state, from, query);
    this.recordsRead += records.length;
    const end = from + records.length;
    const hasMore = end < state.records.length;
    const next = end === 0 ? undefined : `n${end}`;
    return { records, next, hasMore, sealed: state.sealed && !hasMore, ...trimmedGap(shard, from - after) };
  }

  async tail(shard: number): Promise<string | undefined> {
    const count = this.shards.get(shard)?.records.length ?? 0;
    return count === 0 ? undefined : `n${count}`;
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return [...this.shards].map(([shard, { sealed }]) => ({ shard, sealed }));
  }

  async flush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #slice(state: SampleShard, from: number, { limit, maxBytes }: ShardQuery): StoredRecord[] {
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (let at = from; at < state.records.length && records.length < limit; at += 1) {
      const record = state.records[at] as SampleRecord;
      bytes += record.bytes.length;
      if (records.length > 0 && bytes > maxBytes) break;
      records.push({ ...record, position: `n${at + 1}` });
    }
    return records;
  }

  #seek(shard: number, timestampNs: bigint): string | undefined {
    const records = this.shards.get(shard)?.records ?? [];
    const at = records.findIndex((record) => record.timestampNs >= timestampNs);
    const before = at === -1 ? records.length : at;
    return before === 0 ? undefined : `n${before}`;
  }

  #shard(shard: number): SampleShard {
    const state = this.shards.get(shard) ?? { records: [], sequences: new Map(), trimmed: 0, sealed: false };
    this.shards.set(shard, state);
    return state;
  }
}

function offsetOf(position: string, length: number): number {
  const offset = /^n[1-9][0-9]*$/.test(position) ? Number(position.slice(1)) : Number.NaN;
  if (!(offset <= length)) throw new PositionError(`the position ${position} is none of this store's`);
  return offset;
}

function trimmedGap(shard: number, count: number): { gap?: Gap } {
  return count > 0 ? { gap: { shard, reason: 'trimmed', count } } : {};
}
