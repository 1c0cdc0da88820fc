// Collects one page: decides which records become events, notes gaps, late events and the watermark.
// The hop before are the two orders (sequence-order, timestamp-order), the hop after is the response.
import type { Gap, StoredRecord } from '../adapter/contract.ts';
import { StoredEvent } from '../event/stored-event.ts';
import type { Cursor } from './cursor.ts';
import type { CursorCodec } from './cursor-codec.ts';
import type { RecordTest } from './filter-match.ts';
import { PageTrail } from './page-trail.ts';
import type { ShardReader } from './shard-reader.ts';

/** What decides about a record. */
export interface BuilderOptions {
  readonly start: Cursor;
  readonly codec: CursorCodec;
  readonly test: RecordTest | undefined;
  /** Whether events after a younger one are marked, as Timestamp order promises. */
  readonly marksLate: boolean;
}

export class PageBuilder {
  readonly events: StoredEvent[] = [];
  readonly gaps: Gap[] = [];
  /** Records that were passed, returned or not. */
  examined = 0;
  /** The greatest stamp that this page has passed; 0 while it has passed nothing. */
  greatestNs = 0n;
  readonly #options: BuilderOptions;
  readonly #trail: PageTrail;
  readonly #since: bigint;
  readonly #picky: boolean;
  /** Readers that have moved since the last event was taken, without an event of their own. */
  readonly #moved = new Set<ShardReader>();

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#trail = new PageTrail(options.start, options.codec);
    this.#since = options.start.since ?? 0n;
    this.#picky = options.test !== undefined || options.start.since !== undefined;
  }

  /** Passes the reader's head; true when it became an event of the page. */
  pass(reader: ShardReader): boolean {
    const record = reader.head as StoredRecord;
    const stamp = reader.headStamp;
    const taken = !this.#picky || this.#accepts(record, stamp);
    if (taken && this.#moved.size > 0) this.#noteMoves();
    const emptied = reader.pass();
    this.examined += 1;
    this.#noteGap(reader);
    if (record.lostBefore !== undefined && stamp >= this.#since) this.#noteDropped(record, reader.shard);
    if (taken) this.#add(record, stamp, reader, emptied);
    else this.#moved.add(reader);
    if (stamp > this.greatestNs) this.greatestNs = stamp;
    return taken;
  }

  /** Passes records that are at hand until `count` of them became events. The bench of `poll` earns these loops. */
  passRun(reader: ShardReader, count: number): void {
    if (!this.#picky) {
      this.#takeRun(reader, count);
      return;
    }
    for (let left = count; left > 0; left -= 1) {
      this.#skipRun(reader);
      if (reader.head === undefined) return;
      this.#takeRun(reader, 1);
    }
  }

  /** Makes events of the next records. */
  #takeRun(reader: ShardReader, count: number): void {
    if (this.#moved.size > 0) this.#noteMoves();
    const { records, from, to } = reader.passRun(count);
    this.#noteGap(reader);
    const trail = this.#trail;
    let greatest = this.greatestNs;
    for (let at = from; at < to; at += 1) {
      const record = records[at] as StoredRecord;
      const stamp = record.timestampNs;
      if (stamp > greatest) greatest = stamp;
      if (record.lostBefore !== undefined) this.#noteDropped(record, reader.shard);
      this.events.push(new StoredEvent(record, trail, trail.add(record, reader.shard)));
    }
    this.greatestNs = greatest;
    this.examined += to - from;
    if (reader.head === undefined) this.#noteEnd(reader);
  }

  /** Passes the records before the next one that becomes an event. */
  #skipRun(reader: ShardReader): void {
    const { records, index } = reader;
    let greatest = this.greatestNs;
    let at = index;
    for (; at < records.length; at += 1) {
      const record = records[at] as StoredRecord;
      const stamp = record.timestampNs;
      if (this.#accepts(record, stamp)) break;
      if (stamp > greatest) greatest = stamp;
      if (record.lostBefore !== undefined && stamp >= this.#since) this.#noteDropped(record, reader.shard);
    }
    if (at === index) return;
    reader.passRun(at - index);
    this.greatestNs = greatest;
    this.examined += at - index;
    this.#noteGap(reader);
    this.#moved.add(reader);
  }

  /** An answer came without records: the place may have moved all the same. */
  passNothing(reader: ShardReader): void {
    this.#noteGap(reader);
    this.#moved.add(reader);
  }

  #accepts(record: StoredRecord, stamp: bigint): boolean {
    if (stamp < this.#since) return false;
    return this.#options.test === undefined || this.#options.test(record);
  }

  #add(record: StoredRecord, stamp: bigint, reader: ShardReader, emptied: boolean): void {
    const index = this.#trail.add(record, reader.shard);
    this.events.push(new StoredEvent(record, this.#trail, index));
    if (this.#options.marksLate && (stamp < this.greatestNs || stamp < this.#options.start.watermark)) {
      this.#trail.markLate(index);
    }
    if (emptied) this.#noteEnd(reader);
  }

  /** The event that was taken last used the answer up: the store may have its own place after it, or be done. */
  #noteEnd(reader: ShardReader): void {
    const mark = reader.mark;
    if (mark !== undefined) this.#trail.stepWith(reader.shard, mark);
  }

  #noteMoves(): void {
    for (const reader of this.#moved) {
      const mark = reader.mark;
      if (mark !== undefined) this.#trail.stepBefore(reader.shard, mark, this.greatestNs);
    }
    this.#moved.clear();
  }

  #noteGap(reader: ShardReader): void {
    const gap = reader.takeGap();
    if (gap !== undefined) this.gaps.push(gap);
  }

  #noteDropped(record: StoredRecord, shard: number): void {
    const count = record.lostBefore ?? 0;
    if (count <= 0) return;
    const { producer, sequence } = record;
    const gap = { shard, reason: 'dropped', producer, fromSequence: sequence - count, toSequence: sequence - 1, count };
    this.gaps.push(gap as Gap);
  }
}
