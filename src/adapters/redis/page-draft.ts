// A page in the making: takes entries in their order for as long as they fit. Invariant: `place` has passed exactly what
// the gap and the records tell of. A page has one gap, before its records; what needs another begins the next page.
import type { Gap, ShardQuery, StoredRecord } from '../../adapter/contract.ts';
import type { Entry } from './entry.ts';
import { compareIds, type EntryId, eventsBefore, type Place } from './entry-id.ts';
import { eventRecords, producerOf } from './event-block.ts';
import { FrameRun } from './frame-run.ts';

export class PageDraft {
  readonly records: StoredRecord[] = [];
  place: Place;
  gap: Gap | undefined;
  /** The entry behind missing events: whether it is the oldest decides why they are missing. */
  behindGap: EntryId | undefined;
  /** Nothing more fits: something lies behind `place` that was seen. */
  full = false;
  /** The last frame that was read. */
  run: FrameRun | undefined;
  readonly #query: ShardQuery;
  readonly #shard: number;
  readonly #where: string;
  #bytes = 0;
  /** Single events that are to become records together. */
  #events: Entry[] = [];

  constructor(shard: number, place: Place, { query, where }: { readonly query: ShardQuery; readonly where: string }) {
    this.#shard = shard;
    this.place = place;
    this.#query = query;
    this.#where = where;
  }

  /** How many records still fit. */
  get room(): number {
    return this.#query.limit - this.records.length - this.#events.length;
  }

  /** How many bytes still fit. */
  get roomBytes(): number {
    return Math.max(1, this.#query.maxBytes - this.#bytes);
  }

  /** Takes what fits of the entries that follow `place`. @throws AdapterError `Serialization` */
  take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.room <= 0) this.full = true;
      if (this.full) break;
      this.#takeOne(entry, entry.frame === undefined ? undefined : new FrameRun(entry, this.#where));
    }
    this.#settle();
  }

  /** Goes on in the frame that an earlier page ended in, if it is that one. */
  resume(run: FrameRun | undefined): void {
    if (run === undefined || this.place.left === undefined || compareIds(run.entry, this.place) !== 0) return;
    this.#takeOne(run.entry, run);
  }

  #takeOne(entry: Entry, run: FrameRun | undefined): void {
    const count = run?.count ?? 1;
    const resumed = this.place.left !== undefined && compareIds(entry, this.place) === 0;
    const skip = resumed ? count - (this.place.left as number) : 0;
    if (!this.#admit(entry, run, { first: entry.index - count + 1 + skip, begun: skip > 0 })) return;
    if (run === undefined) this.#takeEvent(entry);
    else this.#takeFrame(run, skip);
  }

  /** Notes what is missing before an entry, of which `first` is the first event to read; false when the page ends. */
  #admit(
    entry: Entry,
    run: FrameRun | undefined,
    { first, begun }: { readonly first: number; readonly begun: boolean },
  ): boolean {
    const before = eventsBefore(this.place);
    const lost = begun ? undefined : entry.lost;
    const jumped = first > before + 1;
    const wentBack = first <= before;
    if (lost === undefined && !jumped && !wentBack) return true;
    if (this.records.length + this.#events.length > 0 || this.gap !== undefined) {
      this.full = true;
      return false;
    }
    if (jumped) {
      this.gap = { shard: this.#shard, reason: 'trimmed', count: first - before - 1 };
      this.behindGap = entry;
      this.place = { ms: entry.ms, index: entry.index, left: entry.index - first + 1 };
      if (lost === undefined) return true;
      this.full = true;
      return false;
    }
    this.gap = { shard: this.#shard, reason: 'lost', ...rangeOf(entry, run) };
    return true;
  }

  #takeEvent(entry: Entry): void {
    const bytes = (entry.payload as Buffer).length;
    if (this.#bytes + bytes > this.#query.maxBytes && this.records.length + this.#events.length > 0) {
      this.full = true;
      return;
    }
    this.#events.push(entry);
    this.#bytes += bytes;
    this.place = { ms: entry.ms, index: entry.index };
  }

  #takeFrame(run: FrameRun, skip: number): void {
    this.#settle();
    const one = this.records.length === 0;
    const taken = run.records(skip, { records: this.room, bytes: this.#query.maxBytes - this.#bytes, one });
    for (const each of taken) {
      this.records.push(each);
      this.#bytes += each.payloadBytes;
    }
    const left = run.count - skip - taken.length;
    this.full = left > 0;
    this.run = run;
    if (taken.length > 0)
      this.place = { ms: run.entry.ms, index: run.entry.index, left: left === 0 ? undefined : left };
  }

  #settle(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    for (const each of eventRecords(events, this.#where)) this.records.push(each);
  }
}

/** The sequences of a producer that the server had acknowledged and lost. */
function rangeOf(entry: Entry, run: FrameRun | undefined): Partial<Gap> {
  if (entry.lost === undefined) return {};
  const { from, to } = entry.lost;
  const producer = run === undefined ? producerOf(entry) : run.producer;
  return { count: to - from + 1, producer, fromSequence: from, toSequence: to };
}
