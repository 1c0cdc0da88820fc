// A block of records of one producer that follow one another without a loss. Small batches share a chunk, since a
// buffer of its own costs some 500 bytes; a larger one has a block to itself. Invariant: bytes that a reader has seen
// never change: a chunk that grows moves to a new block, and a block that was read is never used for other records.
//
//   block  | trimmed | records ... | room to grow |
//                    ^ at          ^ end
import { readStamp, recordBytes } from '../../frame/record.ts';
import type { FrameSlice } from '../../frame-store/frame-store.ts';
import type { BlockPool } from './block-pool.ts';

/** A chunk takes no further batch beyond this. */
export const CHUNK_BYTES = 65_536;

export interface ChunkOrigin {
  readonly producer: string;
  readonly index: number;
  readonly lostBefore: number;
}

/** What was dropped from the front of a chunk. */
export interface Dropped {
  readonly count: number;
  readonly bytes: number;
  /** The stamp of the last of them, nanoseconds since the Unix epoch; 0 when nothing was dropped. */
  readonly stampNs: bigint;
}

const NOTHING = Buffer.alloc(0);

export class Chunk {
  readonly producer: string;
  /** The index of the first kept record. */
  index: number;
  /** Kept records. */
  count = 0;
  /** Events missing before the first kept record. */
  lostBefore: number;
  /** The newest stamp of the shard up to the end of this chunk, nanoseconds since the Unix epoch. */
  newestStampNs = 0n;
  readonly #pool: BlockPool;
  #block = NOTHING;
  #at = 0;
  #end = 0;
  #wasRead = false;
  // Where the last reader stopped: readers go forward, so that the next one seldom walks from the front.
  #hintIndex: number;
  #hintAt = 0;

  /** Makes an empty one, for records that are added at once. */
  constructor(pool: BlockPool, origin: ChunkOrigin) {
    this.#pool = pool;
    this.producer = origin.producer;
    this.index = origin.index;
    this.lostBefore = origin.lostBefore;
    this.#hintIndex = this.index;
  }

  get end(): number {
    return this.index + this.count;
  }

  get bytes(): number {
    return this.#end - this.#at;
  }

  get oldestStampNs(): bigint {
    return readStamp(this.#block, this.#at);
  }

  fits(bytes: number): boolean {
    return this.bytes + bytes <= CHUNK_BYTES;
  }

  /** Copies records that follow in sequence; they fit, or are the first. */
  add(records: Uint8Array, count: number, newestStampNs: bigint): void {
    if (this.#end + records.length > this.#block.length) {
      const needed = this.bytes + records.length;
      this.#move(this.count === 0 ? needed : Math.min(CHUNK_BYTES, 2 * needed));
    }
    this.#block.set(records, this.#end);
    this.#end += records.length;
    this.count += count;
    this.newestStampNs = newestStampNs;
  }

  /** Gives room to grow back when it is more than an eighth. */
  close(): void {
    if (this.#block.length - this.#end > this.bytes / 8) this.#move(this.bytes);
  }

  /** The records from an index of this chunk on, to be kept as long as anybody likes. */
  slice(index: number): FrameSlice {
    this.#wasRead = true;
    return this.view(index);
  }

  /** The same, valid until the store changes. */
  view(index: number): FrameSlice {
    const at = this.#seek(index);
    const lostBefore = index === this.index ? this.lostBefore : 0;
    return { block: this.#block, at, count: this.end - index, index, producer: this.producer, lostBefore };
  }

  /** The index of the first record at or after a time; `end` when there is none. */
  findTime(timestampNs: bigint): number {
    let at = this.#at;
    let index = this.index;
    while (index < this.end && readStamp(this.#block, at) < timestampNs) {
      at += recordBytes(this.#block, at);
      index += 1;
    }
    return index;
  }

  /** Drops records from the front, at most `most`, until `events` and `bytes` are gone. */
  drop(most: number, events: number, bytes: number): Dropped {
    let at = this.#at;
    let last = at;
    let count = 0;
    while (count < most && (count < events || at - this.#at < bytes)) {
      last = at;
      at += recordBytes(this.#block, at);
      count += 1;
    }
    const dropped = { count, bytes: at - this.#at, stampNs: count === 0 ? 0n : readStamp(this.#block, last) };
    this.#at = at;
    this.index += count;
    this.count -= count;
    if (count > 0) this.lostBefore = 0;
    if (this.#hintIndex < this.index) this.#rewind();
    return dropped;
  }

  /** All its records are gone: gives its block back. */
  free(): void {
    if (!this.#wasRead) this.#pool.give(this.#block);
    this.#block = NOTHING;
  }

  #seek(index: number): number {
    if (index < this.#hintIndex) this.#rewind();
    let at = this.#hintAt;
    for (let each = this.#hintIndex; each < index; each += 1) at += recordBytes(this.#block, at);
    this.#hintIndex = index;
    this.#hintAt = at;
    return at;
  }

  #rewind(): void {
    this.#hintIndex = this.index;
    this.#hintAt = this.#at;
  }

  #move(capacity: number): void {
    const block = this.#pool.take(capacity);
    block.set(this.#block.subarray(this.#at, this.#end));
    this.free();
    this.#wasRead = false;
    this.#hintAt -= this.#at;
    this.#end -= this.#at;
    this.#at = 0;
    this.#block = block;
  }
}
