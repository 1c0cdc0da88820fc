// Where a reader stands in a shard, in terms of the streams that this node has. Between positions, which are the same on
// every node, and pages, which follow the local order. docs/decisions/0015 says why this neither repeats nor skips.
import type { Position, PositionEntry } from './position.ts';
import type { ShardStreams } from './shard-streams.ts';
import { keyOf, type Stream } from './stream.ts';

export class ReadingPlace {
  readonly floorMs: number;
  /** How far each stream was read; one that is not here was never read. */
  readonly next: Map<Stream, number>;
  /** Streams of which nothing may come: whether they were read is not known here yet. */
  readonly held: ReadonlySet<Stream>;
  /** Streams of which only the floor tells how far they were read; to be looked up. */
  readonly byFloor: readonly Stream[];
  /** Events of forgotten streams that were not read. */
  readonly forgottenCount: number;
  /** No unread event lies before this index in the store. */
  index = 0;
  readonly #streams: ShardStreams;
  readonly #position: Position;
  readonly #implied: ReadonlyMap<string, number>;

  private constructor(streams: ShardStreams, position: Position, facts: PlaceFacts) {
    this.#streams = streams;
    this.#position = position;
    this.#implied = facts.implied;
    this.floorMs = Math.max(position.floorMs, streams.floorMs);
    this.next = facts.next;
    this.held = facts.held;
    this.byFloor = facts.byFloor;
    this.forgottenCount = facts.forgottenCount;
  }

  /** What a position means here. @param isLive Tells producers that nobody has succeeded for sure. */
  static of(streams: ShardStreams, position: Position, isLive: (producer: string) => boolean): ReadingPlace {
    const { implied, complete } = impliedBy(streams, position);
    const next = new Map<Stream, number>();
    const held = new Set<Stream>();
    const byFloor: Stream[] = [];
    for (const stream of streams.all()) {
      const read = Math.max(position.entries.get(stream.key)?.next ?? -1, implied.get(stream.producer) ?? -1);
      if (read >= 0) next.set(stream, read);
      else if (!complete && !isLive(stream.producer)) held.add(stream);
      else if (stream.firstMs <= position.floorMs) byFloor.push(stream);
    }
    let forgottenCount = 0;
    for (const [key, entry] of position.entries) {
      forgottenCount += Math.max(0, (streams.forgottenEnd(key) ?? 0) - entry.next);
    }
    return new ReadingPlace(streams, position, { implied, next, held, byFloor, forgottenCount });
  }

  copy(): ReadingPlace {
    const { held, byFloor, forgottenCount } = this;
    const facts = { implied: this.#implied, next: new Map(this.next), held, byFloor, forgottenCount };
    const copy = new ReadingPlace(this.#streams, this.#position, facts);
    copy.index = this.index;
    return copy;
  }

  nextOf(stream: Stream): number {
    return this.next.get(stream) ?? 0;
  }

  /** Whether there is anything to read of a stream. */
  wants(stream: Stream): boolean {
    return this.nextOf(stream) < stream.to && !this.held.has(stream);
  }

  /** The place as every node understands it. */
  position(): Position {
    const entries = new Map<string, PositionEntry>();
    const tips = this.#tips();
    const implied = new Map<string, number>();
    for (const child of tips) for (const [each, end] of this.#streams.covers.endsOf(child).ends) implied.set(each, end);
    const flagged = new Set([...tips].map(keyOf));
    for (const [key, entry] of this.#position.entries) {
      if (this.#streams.forgottenEnd(key) !== undefined) continue;
      if (entry.covers && !this.#isResolved(key)) flagged.add(key);
      entries.set(key, entry);
    }
    for (const key of flagged) if (!entries.has(key)) entries.set(key, { next: 0, covers: true });
    for (const stream of this.#streams.all()) this.#note(stream, { entries, implied, flagged });
    for (const [key, { next, covers }] of entries) {
      if (covers !== flagged.has(key)) entries.set(key, { next, covers: flagged.has(key) });
    }
    return { floorMs: this.floorMs, entries };
  }

  #note(stream: Stream, { entries, implied, flagged }: Draft): void {
    const { key } = stream;
    const next = this.nextOf(stream);
    const covers = flagged.has(key);
    const isImplied = implied.get(stream.producer) === next;
    const isUnread = next === 0 && stream.firstMs > this.floorMs;
    if (this.held.has(stream) || (!covers && (isImplied || isUnread))) entries.delete(key);
    else entries.set(key, { next, covers });
  }

  /** The children whose covers hold here, without those that another one covers. */
  #tips(): ReadonlySet<string> {
    const { covers } = this.#streams;
    const tips = new Set<string>();
    const tried = new Set(covers.roots);
    for (const child of tried) {
      const { ends, complete } = covers.endsOf(child);
      const holds = complete && [...ends].every(([producer, end]) => this.#hasRead(producer, end));
      if (holds) tips.add(child);
      else for (const { producer, hasCover } of covers.entries(child)) if (hasCover) tried.add(producer);
    }
    return tips;
  }

  #hasRead(producer: string, end: number): boolean {
    const stream = this.#streams.get(producer);
    if (stream !== undefined) return this.nextOf(stream) >= end && !this.held.has(stream);
    const key = keyOf(producer);
    if (this.#streams.forgottenEnd(key) !== undefined || (this.#implied.get(producer) ?? -1) >= end) return true;
    return end === 0 || (this.#position.entries.get(key)?.next ?? 0) >= end;
  }

  #isResolved(key: string): boolean {
    for (const [child] of this.#streams.covers.all()) {
      if (keyOf(child) === key) return this.#streams.covers.endsOf(child).complete;
    }
    return false;
  }
}

interface PlaceFacts {
  readonly implied: ReadonlyMap<string, number>;
  readonly next: Map<Stream, number>;
  readonly held: ReadonlySet<Stream>;
  readonly byFloor: readonly Stream[];
  readonly forgottenCount: number;
}

interface Draft {
  readonly entries: Map<string, PositionEntry>;
  readonly implied: ReadonlyMap<string, number>;
  readonly flagged: ReadonlySet<string>;
}

/** What the entries that cover others say, and whether all of it is known here. */
function impliedBy(
  streams: ShardStreams,
  { entries }: Position,
): { readonly implied: ReadonlyMap<string, number>; readonly complete: boolean } {
  const implied = new Map<string, number>();
  const covering = new Set<string>();
  for (const [key, { covers }] of entries) {
    if (covers && streams.forgottenEnd(key) === undefined) covering.add(key);
  }
  let complete = true;
  if (covering.size === 0) return { implied, complete };
  for (const [child] of streams.covers.all()) {
    if (!covering.delete(keyOf(child))) continue;
    const covered = streams.covers.endsOf(child);
    if (!covered.complete) complete = false;
    for (const [producer, end] of covered.ends) implied.set(producer, Math.max(end, implied.get(producer) ?? 0));
  }
  return { implied, complete: complete && covering.size === 0 };
}
