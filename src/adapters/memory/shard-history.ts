// What the memory store keeps of one shard: chunks in stored order. Invariant: indexes rise from chunk to chunk, and
// every index below `end` is kept, lost before a chunk, or below `trimmedTo`.
import type { Batch, ShardInfo } from '../../adapter/contract.ts';
import type { FrameSlice, ShardExtent } from '../../frame-store/frame-store.ts';
import type { BlockPool } from './block-pool.ts';
import { Chunk, type Dropped } from './chunk.ts';

const COMPACT_AT = 1024;

export class ShardHistory implements ShardExtent {
  readonly shard: number;
  trimmedTo = 0;
  trimmedStampNs = 0n;
  end = 0;
  sealed = false;
  /** Kept records. */
  events = 0;
  /** Bytes of kept records. */
  bytes = 0;
  /** Of every event ever, nanoseconds since the Unix epoch. */
  newestStampNs = 0n;
  readonly #pool: BlockPool;
  // Those before #first are gone; removing each from the array at once would move all others.
  #chunks: (Chunk | undefined)[] = [];
  #first = 0;
  /** The sequence of each producer's newest event here. */
  readonly lastSequences = new Map<string, number>();

  constructor(shard: number, pool: BlockPool) {
    this.shard = shard;
    this.#pool = pool;
  }

  /** The sequence of a producer's newest event here; undefined when there was none. */
  lastSequence(producer: string): number | undefined {
    return this.lastSequences.get(producer);
  }

  /** Puts a batch behind everything else and `lost` missing events; returns the bytes of its records. */
  append(batch: Batch, lost: number): number {
    const { records } = batch;
    const bytes = records.length;
    const stampNs = batch.lastTimestampNs;
    if (stampNs > this.newestStampNs) this.newestStampNs = stampNs;
    let last = this.#chunks.at(-1);
    if (last === undefined || lost > 0 || last.producer !== batch.producer || !last.fits(bytes)) {
      last?.close();
      last = new Chunk(this.#pool, { producer: batch.producer, index: this.end + lost, lostBefore: lost });
      this.#chunks.push(last);
    }
    last.add(records, batch.count, this.newestStampNs);
    this.end += lost + batch.count;
    this.events += batch.count;
    this.bytes += bytes;
    this.lastSequences.set(batch.producer, batch.firstSequence + batch.count - 1);
    return bytes;
  }

  /** The records from an index on, or the next kept ones; undefined at the end. */
  read(index: number): FrameSlice | undefined {
    const chunk = this.#chunkAt(index);
    return chunk?.slice(Math.max(index, chunk.index));
  }

  /** The same for the time of a call. */
  view<T>(index: number, use: (slice: FrameSlice) => T): T | undefined {
    const chunk = this.#chunkAt(index);
    return chunk && use(chunk.view(Math.max(index, chunk.index)));
  }

  /** The index of the first kept event at or after a time; the end when there is none. */
  findTime(timestampNs: bigint): number {
    // Stamps of several producers need not rise; the newest one up to each chunk does.
    for (let nth = this.#firstWhere((each) => each.newestStampNs >= timestampNs); nth < this.#chunks.length; nth += 1) {
      const chunk = this.#chunks[nth] as Chunk;
      const index = chunk.findTime(timestampNs);
      if (index < chunk.end) return index === chunk.index ? index - chunk.lostBefore : index;
    }
    return this.end;
  }

  /** Drops the oldest events, at most `most` and within one chunk, until `events` and `bytes` are gone. */
  dropOldest(most: number, events: number, bytes: number): Dropped {
    const chunk = this.#chunks[this.#first] as Chunk;
    const whole = chunk.count <= most && (chunk.count <= events || chunk.bytes <= bytes);
    const dropped = whole
      ? { count: chunk.count, bytes: chunk.bytes, stampNs: chunk.newestStampNs }
      : chunk.drop(Math.min(most, chunk.count), events, bytes);
    this.trimmedTo = whole ? chunk.end : chunk.index;
    if (dropped.stampNs > this.trimmedStampNs) this.trimmedStampNs = dropped.stampNs;
    this.events -= dropped.count;
    this.bytes -= dropped.bytes;
    if (whole || chunk.count === 0) this.#forgetFirst();
    return dropped;
  }

  info(): ShardInfo {
    const { shard, sealed, events, bytes } = this;
    const oldest = this.#chunks[this.#first];
    if (oldest === undefined) return { shard, sealed, events, bytes };
    const { oldestStampNs: oldestTimestampNs } = oldest;
    return { shard, sealed, events, bytes, oldestTimestampNs, newestTimestampNs: this.newestStampNs };
  }

  #forgetFirst(): void {
    this.#chunks[this.#first]?.free();
    this.#chunks[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#chunks.length || (this.#first > COMPACT_AT && 2 * this.#first > this.#chunks.length)) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  #chunkAt(index: number): Chunk | undefined {
    return this.#chunks[this.#firstWhere((each) => each.end > index)];
  }

  /** The place of the first chunk for which `test` holds, where it holds for all after it; the length when none. */
  #firstWhere(test: (chunk: Chunk) => boolean): number {
    let low = this.#first;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(this.#chunks[middle] as Chunk)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
