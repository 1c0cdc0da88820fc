// One page of a shard: what the reader has not read of its streams, in the order in which it arrived here. Invariant: the
// gap and the records account for every sequence between the asked position and `next`. A page has one gap, before its
// records: it ends where the next one begins.
import type { Gap, ShardPage, ShardQuery } from '../../../adapter/contract.ts';
import { recordBytes } from '../../../frame/record.ts';
import { RecordBlock } from '../../../frame/record-block.ts';
import type { FrameSlice } from '../../../frame-store/frame-store.ts';
import { MeshRecord, PlaceTrail } from './mesh-record.ts';
import { encodePosition } from './position.ts';
import type { ReadingPlace } from './reading-place.ts';
import type { ShardStreams } from './shard-streams.ts';
import { firstSequenceOf } from './slice-records.ts';
import type { Stream } from './stream.ts';
import type { StreamStore } from './stream-store.ts';

/** After so many slices without an unread event the next ones are looked for. */
const JUMP_AFTER = 4;

/** Reads on from a place, which moves along. */
export class MeshPage {
  readonly #store: StreamStore;
  readonly #streams: ShardStreams;
  readonly #query: ShardQuery;
  readonly #place: ReadingPlace;
  readonly #records: MeshRecord[] = [];
  #gap: Gap | undefined;
  #trail: PlaceTrail | undefined;
  #payloadBytes = 0;
  #isFull = false;

  constructor(store: StreamStore, streams: ShardStreams, query: ShardQuery, place: ReadingPlace) {
    this.#store = store;
    this.#streams = streams;
    this.#query = query;
    this.#place = place;
  }

  async read(): Promise<ShardPage> {
    this.#noteGone();
    await this.#readOn();
    const moved = this.#records.length > 0 || this.#gap !== undefined;
    const next = moved ? encodePosition(this.#place.position()) : this.#query.after;
    return { records: this.#records, next, hasMore: this.#hasMore(), gap: this.#gap };
  }

  /** Streams of which unread events are gone and none is left. */
  #noteGone(): void {
    const trimmedTo = this.#trimmedTo();
    if (this.#place.forgottenCount > 0) this.#addGap({ count: this.#place.forgottenCount });
    for (const [stream, from] of this.#place.gone) {
      this.#addGap({ stream, from, to: stream.to });
      this.#place.told.set(stream.key, stream.to);
    }
    for (const stream of this.#place.known) {
      const next = this.#place.nextOf(stream);
      const isGone = stream.endIndex <= trimmedTo || next >= stream.kept;
      const last = Math.max(isGone ? stream.to : next, this.#place.lost.get(stream) ?? 0);
      if (last <= next || this.#place.held.has(stream)) continue;
      this.#addGap({ stream, from: next, to: last });
      this.#place.next.set(stream, last);
    }
  }

  async #readOn(): Promise<void> {
    let idle = 0;
    this.#place.index = Math.max(this.#place.index, this.#trimmedTo());
    while (!this.#isFull && this.#place.index < this.#place.end) {
      const slice = await this.#slice();
      if (slice === undefined) return;
      idle = this.#take(slice) ? 0 : idle + 1;
      if (this.#isFull) return;
      this.#place.index = slice.index + slice.count;
      if (idle >= JUMP_AFTER) this.#jump();
    }
  }

  /** What can't be read is told to whoever asks for it first: records before it are handed out. */
  async #slice(): Promise<FrameSlice | undefined> {
    try {
      return await this.#store.frames.read(this.#streams.shard, this.#place.index, this.#query.signal);
    } catch (error) {
      if (this.#records.length === 0) throw error;
      return undefined;
    }
  }

  /** Takes the unread records of a slice; false when there is none. */
  #take(slice: FrameSlice): boolean {
    const stream = this.#streams.get(slice.producer);
    if (stream === undefined || !this.#place.known.has(stream) || this.#place.held.has(stream)) return false;
    const first = firstSequenceOf(slice);
    const next = this.#place.nextOf(stream);
    if (first + slice.count <= next) return false;
    const missing = Math.max(0, first - next);
    const declared = Math.min(missing, slice.lostBefore);
    if (missing > declared) {
      if (this.#records.length > 0) {
        this.#isFull = true;
        return false;
      }
      this.#addGap({ stream, from: next, to: first - declared });
      this.#place.next.set(stream, first - declared);
    }
    this.#takeRun(stream, slice, { skip: Math.max(0, next - first), declared });
    return true;
  }

  #takeRun(stream: Stream, slice: FrameSlice, { skip, declared }: { skip: number; declared: number }): void {
    this.#trail ??= new PlaceTrail(this.#place.copy());
    const block = new RecordBlock(slice.block);
    const run = { trail: this.#trail, stream, nth: this.#trail.begin(stream), block };
    let next = firstSequenceOf(slice) + skip;
    let at = slice.at;
    for (let nth = 0; nth < skip; nth += 1) at += recordBytes(slice.block, at);
    for (let nth = skip; nth < slice.count; nth += 1) {
      if (!this.#hasRoom(block.numbers.getUint32(at, true))) break;
      this.#records.push(new MeshRecord(run, at, nth === 0 ? declared : 0));
      next += 1;
      at += recordBytes(slice.block, at);
    }
    if (next === firstSequenceOf(slice) + skip) return; // Nothing fitted: the run stays empty, and its losses unread.
    this.#trail.end(next);
    this.#place.next.set(stream, next);
    if (this.#records.length >= this.#query.limit) this.#isFull = true;
  }

  #hasRoom(payloadBytes: number): boolean {
    const { limit, maxBytes } = this.#query;
    const total = this.#payloadBytes + payloadBytes;
    const fits = this.#records.length < limit && (total <= maxBytes || this.#records.length === 0);
    if (fits) this.#payloadBytes = total;
    else this.#isFull = true;
    return fits;
  }

  /** Goes on where the first stream with unread events has one. */
  #jump(): void {
    let index = this.#place.end;
    for (const stream of this.#place.known) {
      const next = this.#place.nextOf(stream);
      if (next >= stream.kept || this.#place.held.has(stream)) continue;
      index = Math.min(index, stream.places.before(next)?.index ?? index);
    }
    this.#place.index = Math.max(this.#place.index, index);
  }

  #hasMore(): boolean {
    for (const stream of this.#place.known) if (this.#place.wants(stream)) return true;
    return false;
  }

  #trimmedTo(): number {
    return this.#store.frames.extent(this.#streams.shard)?.trimmedTo ?? 0;
  }

  /** Adds to the gap of the page; of several streams it tells the sum alone. */
  #addGap(gone: Gone): void {
    const { shard } = this.#streams;
    const before = this.#gap;
    if ('count' in gone || before !== undefined) {
      const count = ('count' in gone ? gone.count : gone.to - gone.from) + (before?.count ?? 0);
      this.#gap = { shard, reason: 'trimmed', count };
      return;
    }
    const { stream, from, to } = gone;
    const range = { producer: stream.producer, fromSequence: from, toSequence: to - 1 };
    this.#gap = { shard, reason: 'trimmed', count: to - from, ...range };
  }
}

type Gone = { readonly count: number } | { readonly stream: Stream; readonly from: number; readonly to: number };
