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
  /** The streams that were known when the place was taken; others, and what lies behind `end`, are for later pages. */
  readonly known: ReadonlySet<Stream>;
  readonly end: number;
  /** No unread event lies before this index in the store. */
  index = 0;
  readonly #streams: ShardStreams;
  readonly #position: Position;
  readonly #implied: ReadonlyMap<string, number>;
  /** All covers are known here that the position relies on. */
  readonly #isComplete: boolean;
  /** The children whose covers the position relies on and that are known here. */
  readonly #covering: readonly string[];

  private constructor(streams: ShardStreams, position: Position, facts: PlaceFacts) {
    this.#streams = streams;
    this.#position = position;
    this.#implied = facts.implied;
    this.#isComplete = facts.complete;
    this.#covering = facts.children;
    this.floorMs = Math.max(position.floorMs, streams.floorMs);
    this.next = facts.next;
    this.held = facts.held;
    this.byFloor = facts.byFloor;
    this.forgottenCount = facts.forgottenCount;
    this.known = facts.known;
    this.end = facts.end;
  }

  /** What a position means here. @param isLive Tells producers that nobody has succeeded for sure. */
  static of(streams: ShardStreams, position: Position, isLive: (producer: string) => boolean): ReadingPlace {
    const { implied, complete, children } = impliedBy(streams, position);
    const next = new Map<Stream, number>();
    const held = new Set<Stream>();
    const byFloor: Stream[] = [];
    for (const stream of streams.all()) {
      const named = position.entries.get(stream.key)?.next;
      const covered = implied.get(stream.producer);
      // A cover that is not known here may say more than those that are.
      if (named === undefined && !complete && !isLive(stream.producer)) held.add(stream);
      else if (named !== undefined || covered !== undefined) next.set(stream, Math.max(named ?? 0, covered ?? 0));
      else if (position.floorMs > 0 && isBlank(streams, stream)) held.add(stream);
      else if (stream.firstMs <= position.floorMs) byFloor.push(stream);
    }
    let forgottenCount = 0;
    for (const [key, entry] of position.entries) {
      forgottenCount += Math.max(0, (streams.forgottenEnd(key) ?? 0) - entry.next);
    }
    const known = new Set(streams.all());
    const end = streams.indexed;
    return new ReadingPlace(streams, position, {
      implied,
      complete,
      children,
      next,
      held,
      byFloor,
      forgottenCount,
      known,
      end,
    });
  }

  copy(): ReadingPlace {
    const { held, byFloor, forgottenCount, known, end } = this;
    const [implied, complete] = [this.#implied, this.#isComplete];
    const next = new Map(this.next);
    const children = this.#covering;
    const facts = { implied, complete, children, next, held, byFloor, forgottenCount, known, end };
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
      if (this.#streams.hasForgotten(key, entry.next)) continue;
      if (entry.covers && !this.#isResolved(key)) flagged.add(key);
      entries.set(key, entry);
    }
    for (const child of tips) {
      const key = keyOf(child);
      if (!entries.has(key)) entries.set(key, { next: this.#implied.get(child) ?? 0, covers: true });
    }
    for (const stream of this.known) this.#note(stream, { entries, implied, flagged });
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
    for (const child of this.#covering) tried.add(child);
    for (const child of tried) {
      const { ends, complete } = covers.endsOf(child);
      const holds = complete && this.#isPlaced(child) && [...ends].every((each) => this.#hasRead(...each));
      if (holds) tips.add(child);
      else for (const { producer } of covers.entries(child)) if (covers.has(producer)) tried.add(producer);
    }
    return tips;
  }

  /** Whether it is known how far a child itself was read. */
  #isPlaced(child: string): boolean {
    const stream = this.#streams.get(child);
    if (stream !== undefined && this.known.has(stream)) return !this.held.has(stream);
    return this.#isComplete || this.#position.entries.has(keyOf(child));
  }

  #hasRead(producer: string, end: number): boolean {
    if ((this.#implied.get(producer) ?? -1) >= end) return true;
    const stream = this.#streams.get(producer);
    if (stream !== undefined && this.known.has(stream)) return this.nextOf(stream) >= end && !this.held.has(stream);
    const key = keyOf(producer);
    if (end === 0 || this.#streams.hasForgotten(key, end)) return true;
    return (this.#position.entries.get(key)?.next ?? 0) >= end;
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
  readonly complete: boolean;
  readonly children: readonly string[];
  readonly next: Map<Stream, number>;
  readonly held: ReadonlySet<Stream>;
  readonly byFloor: readonly Stream[];
  readonly forgottenCount: number;
  readonly known: ReadonlySet<Stream>;
  readonly end: number;
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
): Pick<PlaceFacts, 'implied' | 'complete' | 'children'> {
  const implied = new Map<string, number>();
  const covering = new Set<string>();
  for (const [key, { covers, next }] of entries) {
    if (covers && !streams.hasForgotten(key, next)) covering.add(key);
  }
  let complete = true;
  const children: string[] = [];
  if (covering.size === 0) return { implied, complete, children };
  for (const [child] of streams.covers.all()) {
    if (!covering.delete(keyOf(child))) continue;
    children.push(child);
    const covered = streams.covers.endsOf(child);
    if (!covered.complete) complete = false;
    for (const [producer, end] of covered.ends) implied.set(producer, Math.max(end, implied.get(producer) ?? 0));
  }
  return { implied, complete: complete && covering.size === 0, children };
}

/** Nothing can be read of a stream: no stamp tells how much of it the floor of a position stands for. */
function isBlank(streams: ShardStreams, stream: Stream): boolean {
  return stream.to > 0 && (stream.endIndex === 0 || stream.endIndex <= streams.trimmedTo);
}
