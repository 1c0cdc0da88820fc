// Finds where a time begins in a shard, by halving: first the milliseconds of ids, then the indices within one.
// Invariant: exact where stamps rise, as those of one writer do; of several it finds one place where they pass the time.
import type { Connection } from './connection.ts';
import { type Entry, readEntries } from './entry.ts';
import { idText, positionText } from './entry-id.ts';
import { stampOf } from './event-block.ts';
import { FrameRun } from './frame-run.ts';

export interface TimeQuestion {
  readonly stream: string;
  readonly shard: number;
  readonly timestampNs: bigint;
}

/** An entry and its first stamp. */
interface Found {
  readonly entry: Entry;
  readonly run: FrameRun | undefined;
  readonly stampNs: bigint;
}

/** The position right before the first event at or after a time; undefined for the start. @throws AdapterError */
export async function seekTime(from: Connection, question: TimeQuestion): Promise<string | undefined> {
  const search = new TimeSearch(from, question);
  const oldest = await search.first('-', '+');
  // Events that were trimmed may lie at or after the time: the reader starts before them and is told of the gap.
  if (oldest === undefined || !search.isBefore(oldest)) return undefined;
  const ms = await search.lastMs(oldest);
  return placeIn(await search.lastWithin(ms), question.timestampNs) ?? placeIn(oldest, question.timestampNs);
}

class TimeSearch {
  readonly #from: Connection;
  readonly #question: TimeQuestion;

  constructor(from: Connection, question: TimeQuestion) {
    this.#from = from;
    this.#question = question;
  }

  isBefore(found: Found): boolean {
    return found.stampNs < this.#question.timestampNs;
  }

  /** The first entry of a range of ids. */
  first(start: string, end: string): Promise<Found | undefined> {
    return this.#one(['XRANGE', this.#question.stream, start, end, 'COUNT', '1']);
  }

  /** The last millisecond of which the first entry lies before the time; that of `oldest` does. */
  async lastMs(oldest: Found): Promise<number> {
    const newest = await this.#one(['XREVRANGE', this.#question.stream, '+', '-', 'COUNT', '1']);
    let low = oldest.entry.ms;
    let high = (newest?.entry.ms ?? low) + 1;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.first(`${middle}-0`, `${high - 1}`);
      if (found !== undefined && this.isBefore(found)) low = found.entry.ms;
      else high = middle;
    }
    return low;
  }

  /** The last entry of a millisecond that begins before the time. */
  async lastWithin(ms: number): Promise<Found | undefined> {
    const last = await this.#one(['XREVRANGE', this.#question.stream, `${ms}`, `${ms}`, 'COUNT', '1']);
    if (last === undefined || this.isBefore(last)) return last;
    let low = await this.first(`${ms}`, `${ms}`);
    let high = last.entry.index;
    while (low !== undefined && high - low.entry.index > 1) {
      const middle = Math.floor((low.entry.index + high) / 2);
      const found = await this.first(idText({ ms, index: middle }), idText({ ms, index: high - 1 }));
      if (found !== undefined && this.isBefore(found)) low = found;
      else high = middle;
    }
    return low;
  }

  async #one(command: readonly string[]): Promise<Found | undefined> {
    const what = `Searching shard ${this.#question.shard}`;
    const reply = await this.#from.send(command, { what, bytes: true, again: true });
    const [entry] = readEntries(reply, what);
    if (entry === undefined) return undefined;
    const run = entry.frame === undefined ? undefined : new FrameRun(entry, what);
    return { entry, run, stampNs: run?.firstTimestampNs ?? stampOf(entry, what) };
  }
}

/** The position behind the events of an entry that lie before a time. */
function placeIn(found: Found | undefined, timestampNs: bigint): string | undefined {
  if (found === undefined) return undefined;
  const { ms, index } = found.entry;
  const left = found.run === undefined ? 0 : found.run.countFrom(timestampNs);
  return positionText({ ms, index, left: left === 0 ? undefined : left });
}
