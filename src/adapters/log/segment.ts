// What is known of one segment file without reading it again. Invariant: it describes the first `bytes` of the file,
// which are whole entries; what lies behind them is not there yet, or was never written to its end.
import type { EntryHeader } from './entry.ts';
import type { FrameHeaderFacts } from './frame-facts.ts';
import { Marks } from './marks.ts';

/** The opening of the log that wrote the events from an index on. */
export interface TagRun {
  readonly from: number;
  readonly tag: number;
}

/** An entry whose bytes are in the file. */
export interface PlacedEntry {
  readonly header: EntryHeader;
  readonly facts: FrameHeaderFacts;
  /** Header and frame. */
  readonly bytes: number;
}

export class Segment {
  readonly path: string;
  /** How many events of the shard existed when the file was begun. */
  readonly first: number;
  /** One more than the index of its last event. */
  end: number;
  bytes = 0;
  /** Kept events: those that are missing between them not counted. */
  events = 0;
  /** Nanoseconds since the Unix epoch; 0 while it is empty. */
  oldestStampNs = 0n;
  newestStampNs = 0n;
  tags: TagRun[] = [];
  /** Undefined while only the index file has them. */
  marks: Marks | undefined = new Marks();
  /** Of the producers in this segment. */
  readonly lastSequences = new Map<string, number>();
  /** How many of `bytes` are known to be on disk. */
  syncedBytes = 0;
  /** How many of `bytes` the index file describes. */
  indexedBytes = 0;
  /** A sync or a cut has failed: nothing more is written here. */
  failed = false;
  /** What is wrong with the entry at `bytes`, in a segment that another one follows. */
  damage: string | undefined;
  /** Where the segment behind a damaged one begins. */
  damagedTo = 0;

  constructor(path: string, first: number) {
    this.path = path;
    this.first = first;
    this.end = first;
  }

  /** One more than the last index that lies in the file, whole or damaged. */
  get reach(): number {
    return this.damage === undefined ? this.end : Math.max(this.end, this.damagedTo);
  }

  /** Takes note of the entry right behind `bytes`. */
  append({ header, facts, bytes }: PlacedEntry): void {
    if (this.marks?.wants(this.bytes)) this.marks.add(this.bytes, this.end, this.newestStampNs);
    if (this.tags.at(-1)?.tag !== header.tag) this.tags.push({ from: header.index, tag: header.tag });
    if (this.events === 0) this.oldestStampNs = facts.firstStampNs;
    if (facts.lastStampNs > this.newestStampNs) this.newestStampNs = facts.lastStampNs;
    this.lastSequences.set(facts.producer, facts.lastSequence);
    this.events += facts.count;
    this.end = header.index + facts.count;
    this.bytes += bytes;
  }
}
