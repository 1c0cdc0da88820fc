// What is known of one shard: its segments in order, what retention took, the last sequence of each producer.
// Invariant: every index below `end` lies in a segment, is missing between entries, or is below `trimmedTo`.
import type { ShardInfo } from '../../adapter/contract.ts';
import type { ShardExtent } from '../../frame-store/frame-store.ts';
import type { PlacedEntry, Segment } from './segment.ts';
import { FIRST_STATE, type ShardState } from './shard-state.ts';

/** How many producers of trimmed events are remembered. */
const MOST_PRODUCERS = 10_000;
const TAG_RADIX = 36;

export class ShardHistory implements ShardExtent {
  readonly shard: number;
  readonly folder: string;
  /** What the checksums of its entries begin with. */
  readonly salt: number;
  segments: Segment[] = [];
  state: ShardState = FIRST_STATE;
  /** The producer that wrote last is the last one. */
  readonly #lastSequences = new Map<string, number>();
  #lastProducer = '';

  constructor(shard: number, folder: string, salt: number) {
    this.shard = shard;
    this.folder = folder;
    this.salt = salt;
  }

  get trimmedTo(): number {
    return this.state.trimmedTo;
  }

  get trimmedStampNs(): bigint {
    return this.state.trimmedStampNs;
  }

  get sealed(): boolean {
    return this.state.sealed;
  }

  get end(): number {
    return Math.max(this.segments.at(-1)?.end ?? 0, this.state.trimmedTo);
  }

  get newestStampNs(): bigint {
    let newest = this.trimmedStampNs;
    for (const { newestStampNs } of this.segments) if (newestStampNs > newest) newest = newestStampNs;
    return newest;
  }

  /** Where a segment that begins now lies. */
  pathOfNext(): string {
    return `${this.folder}/${segmentName(this.end)}`;
  }

  get statePath(): string {
    return `${this.folder}/state.json`;
  }

  /** Of every producer that is remembered; the one that wrote last is the last one. */
  get lastSequences(): ReadonlyMap<string, number> {
    return this.#lastSequences;
  }

  lastSequence(producer: string): number | undefined {
    return this.#lastSequences.get(producer);
  }

  /** The last sequences to remember when segments go. */
  rememberedSequences(): (readonly [string, number])[] {
    return [...this.#lastSequences].slice(-MOST_PRODUCERS);
  }

  noteSequence(producer: string, sequence: number): void {
    if (producer !== this.#lastProducer) this.#lastSequences.delete(producer);
    this.#lastSequences.set(producer, sequence);
    this.#lastProducer = producer;
  }

  /** Takes note of an entry at the end of a segment. */
  append(segment: Segment, entry: PlacedEntry): void {
    segment.append(entry);
    this.noteSequence(entry.facts.producer, entry.facts.lastSequence);
  }

  /** The segment that has an index or the next kept one. */
  segmentAt(index: number): Segment | undefined {
    const { segments } = this;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((segments[middle] as Segment).reach > index) high = middle;
      else low = middle + 1;
    }
    return segments[low];
  }

  /** Where the files that hold an index begin when it lies in none of them, though it is not trimmed; else the index. */
  lostTo(index: number): number {
    return index < this.trimmedTo ? index : Math.max(index, this.segmentAt(index)?.first ?? index);
  }

  /** Where the events that are missing right before a segment begin; where it begins when none are. */
  lostFrom(segment: Segment): number {
    const before = this.segments[this.segments.indexOf(segment) - 1];
    return Math.min(segment.first, Math.max(before?.reach ?? 0, this.trimmedTo));
  }

  /** What names the history right before an index: the opening that wrote the event there. */
  tagAt(index: number): string | undefined {
    const { trimmedTo, trimmedTag } = this.state;
    if (index < trimmedTo || index === 0) return undefined;
    for (let nth = this.#segmentBefore(index); nth >= 0; nth -= 1) {
      const { tags } = this.segments[nth] as Segment;
      for (let run = tags.length - 1; run >= 0; run -= 1) {
        const { from, tag } = tags[run] as Segment['tags'][number];
        if (from < index) return tagText(tag);
      }
    }
    return tagText(trimmedTag);
  }

  info(): ShardInfo {
    const { shard, sealed, segments } = this;
    const kept = segments.filter((each) => each.events > 0);
    const events = kept.reduce((sum, each) => sum + each.events, 0);
    const bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
    const oldestTimestampNs = kept[0]?.oldestStampNs;
    if (oldestTimestampNs === undefined) return { shard, sealed, events, bytes };
    return { shard, sealed, events, bytes, oldestTimestampNs, newestTimestampNs: this.newestStampNs };
  }

  /** The place of the last segment that begins before an index; -1 when there is none. */
  #segmentBefore(index: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).first >= index) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }
}

/** The text of a tag in a position. */
export function tagText(tag: number): string {
  return tag.toString(TAG_RADIX);
}

const SEGMENT = /^(\d{16})\.seg$/;

/** The name of the file of a segment that begins at an index. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.seg`;
}

/** Where the segments of a folder begin, in order. */
export function segmentStarts(names: readonly string[]): number[] {
  const starts = names.flatMap((name) => {
    const digits = SEGMENT.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return starts.sort((a, b) => a - b);
}
