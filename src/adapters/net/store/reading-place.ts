// Where a reader stands in a shard, in terms of the streams that this node has. Between positions, which are the same on
// every node, and pages, which follow the local order. docs/decisions/0015 says why this neither repeats nor skips.
import type { CoverPatience } from './cover-patience.ts';
import type { Position, PositionEntry } from './position.ts';
import type { ShardStreams } from './shard-streams.ts';
import type { Stream } from './stream.ts';

export class ReadingPlace {
  /** How far each stream was read; one that is not here was never read. */
  readonly next: Map<Stream, number>;
  /** Streams of which nothing may come: how far they were read is not known here. */
  readonly held: Set<Stream>;
  /** Streams of which only the floor tells how far they were read; to be looked up. */
  readonly byFloor: readonly Stream[];
  /**
   * Streams without a name of which it will never be known how far they were read, with the sequence up to which they are
   * told as a gap: the cover that says it is lost, or events above the floor are gone.
   */
  readonly lost: Map<Stream, number>;
  /**
   * Streams of which nothing can be read, and it is not known whether the floor counts for what is gone of them: from this
   * sequence on they are told as a gap, once, and get no name.
   */
  readonly gone: ReadonlyMap<Stream, number>;
  /** Which gaps of these were told, see `Position`. */
  readonly told: Map<string, number>;
  /** Events of forgotten streams that were not read. */
  readonly forgottenCount: number;
  /** The streams that were known when the place was taken; others, and what lies behind `end`, are for later pages. */
  readonly known: ReadonlySet<Stream>;
  readonly end: number;
  /** No unread event lies before this index in the store. */
  index = 0;
  readonly #streams: ShardStreams;
  readonly #position: Position;
  readonly #facts: PlaceFacts;

  private constructor(streams: ShardStreams, position: Position, facts: PlaceFacts) {
    this.#streams = streams;
    this.#position = position;
    this.#facts = facts;
    this.next = facts.next;
    this.held = facts.held;
    this.byFloor = facts.byFloor;
    this.lost = facts.lost;
    this.gone = facts.gone;
    this.told = facts.told;
    this.forgottenCount = facts.forgottenCount;
    this.known = facts.known;
    this.end = facts.end;
  }

  /** What a position means here. */
  static of(streams: ShardStreams, position: Position, rules: PlaceRules): ReadingPlace {
    const relied = reliedOn(streams, position, rules);
    const next = new Map<Stream, number>();
    const held = new Set<Stream>();
    const lost = new Map<Stream, number>();
    const gone = new Map<Stream, number>();
    const byFloor: Stream[] = [];
    for (const stream of streams.all()) {
      const named = position.entries.get(stream.key)?.next;
      const covered = relied.implied.get(stream.producer) ?? 0;
      const read = Math.max(covered, position.told.get(stream.key) ?? 0);
      // A cover that is not known here may say more than those that are; also of a stream that still grows, when the
      // store of a running node was copied.
      if (named === undefined && relied.state === 'open') held.add(stream);
      else if (named !== undefined) next.set(stream, Math.max(named, covered));
      else if (relied.state === 'lost') lost.set(stream, stream.to);
      else if (position.floorMs > 0 && isGone(streams, stream) && stream.seenMs > position.floorMs) {
        lost.set(stream, stream.to);
      } else if (isBelow(streams, stream, position.floorMs)) {
        held.add(stream);
        const from = Math.max(stream.seenMs > 0 ? stream.kept : 0, read);
        if (stream.newestMs > position.floorMs && from < stream.to) gone.set(stream, from);
      } else if (stream.firstMs <= position.floorMs) byFloor.push(stream);
      if (named !== undefined || held.has(stream)) continue;
      if (read > 0) next.set(stream, read);
      // What lies between that and the first event here may be older than the floor, and then it was read.
      const isUnsure = position.floorMs > 0 && stream.firstMs > position.floorMs && stream.from > read;
      if (isUnsure && !lost.has(stream)) lost.set(stream, stream.from);
    }
    let forgottenCount = 0;
    for (const [key, entry] of position.entries) {
      forgottenCount += Math.max(0, (streams.forgottenEnd(key) ?? 0) - entry.next);
    }
    const known = new Set(streams.all());
    const facts = {
      rules,
      relied,
      next,
      held,
      lost,
      gone,
      told: new Map(position.told),
      byFloor,
      forgottenCount,
      known,
    };
    return new ReadingPlace(streams, position, { ...facts, end: streams.indexed });
  }

  copy(): ReadingPlace {
    const copy = new ReadingPlace(this.#streams, this.#position, { ...this.#facts, next: new Map(this.next) });
    copy.index = this.index;
    return copy;
  }

  /** Up to where the events of streams without a name count as read, whole milliseconds. */
  get floorMs(): number {
    const { floorMs } = this.#position;
    if (!this.#mayRaise) return floorMs;
    return Math.max(floorMs, this.#streams.floorMs, this.#facts.relied.floorMs);
  }

  /** Whether all is known, or never will be, that the position relies on. */
  get #isSettled(): boolean {
    return this.#facts.relied.state !== 'open';
  }

  /** Whether a higher floor would say nothing of streams of which it is not known how far they were read. */
  get #mayRaise(): boolean {
    return this.held.size === 0;
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
    // Covers are relied on only where names alone would be many: who names all streams needs no cover to be known.
    const plain = this.#isSettled ? this.#entries(new Set()) : undefined;
    const entries =
      plain !== undefined && plain.size <= this.#facts.rules.foldAbove ? plain : this.#entries(this.#tips());
    return { floorMs: this.floorMs, entries, told: this.#toldBeside(entries) };
  }

  /** Not of streams that have a name, nor of those that the floor covers or that are forgotten. */
  #toldBeside(entries: ReadonlyMap<string, PositionEntry>): ReadonlyMap<string, number> {
    if (this.told.size === 0) return this.told;
    const told = new Map(this.told);
    for (const { key, newestMs } of this.known) if (newestMs <= this.floorMs) told.delete(key);
    for (const [key, end] of told) {
      if (entries.has(key) || (this.#mayRaise && this.#streams.hasForgotten(key, end))) told.delete(key);
    }
    return told;
  }

  /** @param tips Children whose covers stand for the streams that they succeed. */
  #entries(tips: ReadonlySet<string>): ReadonlyMap<string, PositionEntry> {
    const entries = new Map<string, PositionEntry>();
    const implied = new Map<string, number>();
    for (const child of tips) {
      for (const [each, end] of this.#streams.covers.endsOf(child).ends) {
        implied.set(each, Math.max(end, implied.get(each) ?? 0));
      }
    }
    const flagged = new Set(Array.from(tips, (child) => this.#keyOf(child)));
    for (const [key, named] of this.#position.entries) {
      const end = this.#streams.forgottenEnd(key) ?? 0;
      const entry = named.next < end ? { ...named, next: end } : named;
      if (entry.covers && this.#reliesOn(key)) flagged.add(key);
      // Who names a child for its cover says how far it was read, too: other nodes may still have it.
      else if (this.#mayRaise && !flagged.has(key) && this.#streams.hasForgotten(key, entry.next)) continue;
      entries.set(key, entry);
    }
    for (const child of tips) nameAtLeast(entries, this.#keyOf(child), this.#facts.relied.implied.get(child) ?? 0);
    for (const [producer, end] of this.#facts.relied.implied) {
      const key = this.#keyOf(producer);
      const isGone = this.#mayRaise && this.#streams.hasForgotten(key, end);
      const isTold = isGone || (implied.get(producer) ?? -1) >= end;
      if (!isTold && this.#isSettled) nameAtLeast(entries, key, end);
    }
    for (const stream of this.known) this.#note(stream, { entries, implied, flagged });
    for (const [key, { next, covers }] of entries) {
      if (covers !== flagged.has(key)) entries.set(key, { next, covers: flagged.has(key) });
    }
    return entries;
  }

  #note(stream: Stream, { entries, implied, flagged }: Draft): void {
    const { key } = stream;
    const next = this.nextOf(stream);
    const covers = flagged.has(key);
    // Of a stream whose cover is lost others may have more that was read: the floor counts for it, no name.
    const isUntouched = this.held.has(stream) || (this.#facts.relied.state === 'lost' && this.lost.has(stream));
    // Below the floor a name is needed all the same: for streams without one the floor counts as read.
    const isAbove = this.floorMs === 0 || (next === stream.to && stream.newestMs > this.floorMs);
    const isImplied = isAbove && implied.get(stream.producer) === next;
    const isUnread = next === 0 && stream.firstMs > this.floorMs;
    if (isUntouched || (!covers && (isImplied || isUnread))) entries.delete(key);
    else entries.set(key, { next, covers });
  }

  /** The children whose covers hold here, without those that another one covers. */
  #tips(): ReadonlySet<string> {
    const { covers } = this.#streams;
    const tips = new Set<string>();
    const tried = new Set(covers.roots);
    for (const child of this.#facts.relied.children) tried.add(child);
    for (const child of tried) {
      const { ends, missing } = covers.endsOf(child);
      const holds =
        missing.length === 0 &&
        ends.size > 0 &&
        this.#isPlaced(child) &&
        [...ends].every((each) => this.#hasRead(...each));
      if (holds) tips.add(child);
      else for (const { producer } of covers.entries(child)) if (covers.has(producer)) tried.add(producer);
    }
    for (const child of tips) if (this.#isWithin(child, tips)) tips.delete(child);
    return tips;
  }

  /** Whether another child covers this one, and all that it covers. */
  #isWithin(child: string, tips: ReadonlySet<string>): boolean {
    const { covers } = this.#streams;
    const own = covers.endsOf(child).ends;
    for (const tip of tips) {
      const { ends } = covers.endsOf(tip);
      if (tip !== child && ends.has(child) && [...own].every(([each, end]) => (ends.get(each) ?? -1) >= end))
        return true;
    }
    return false;
  }

  /** Whether it is known how far a child itself was read. */
  #isPlaced(child: string): boolean {
    const stream = this.#streams.get(child);
    if (stream !== undefined && this.known.has(stream)) return !this.held.has(stream);
    if (this.#position.entries.has(this.#keyOf(child)) || this.#facts.relied.implied.has(child)) return true;
    return this.#isSettled && this.floorMs === 0;
  }

  #hasRead(producer: string, end: number): boolean {
    if ((this.#facts.relied.implied.get(producer) ?? -1) >= end) return true;
    const stream = this.#streams.get(producer);
    if (stream !== undefined && this.known.has(stream)) return this.nextOf(stream) >= end && !this.held.has(stream);
    const key = this.#keyOf(producer);
    if (end === 0 || this.#streams.hasForgotten(key, end)) return true;
    return (this.#position.entries.get(key)?.next ?? 0) >= end;
  }

  #keyOf(producer: string): string {
    return this.#streams.covers.keyOf(producer);
  }

  /**
   * Whether only the cover of a child can say what it says: while another one may come, streams get no names here, and what a
   * spent one covers lies below the floor of this node, which the position may not have.
   */
  #reliesOn(key: string): boolean {
    return !this.#isSettled || (!this.#mayRaise && this.#streams.isSpent(key));
  }
}

/** How places are read and told. */
export interface PlaceRules {
  /** Up to so many streams are told by their names alone. */
  readonly foldAbove: number;
  readonly patience: CoverPatience;
}

function nameAtLeast(entries: Map<string, PositionEntry>, key: string, next: number): void {
  const named = entries.get(key);
  if (named === undefined || named.next < next) entries.set(key, { next, covers: named?.covers ?? false });
}

interface PlaceFacts {
  readonly rules: PlaceRules;
  readonly relied: ReliedOn;
  readonly next: Map<Stream, number>;
  readonly held: Set<Stream>;
  readonly lost: Map<Stream, number>;
  readonly gone: ReadonlyMap<Stream, number>;
  readonly told: Map<string, number>;
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

/** What the entries that cover others say. */
interface ReliedOn {
  readonly implied: ReadonlyMap<string, number>;
  /** The children whose covers are known here. */
  readonly children: readonly string[];
  /** `open` while a cover that is missing may still come; `lost` when it was waited for in vain. */
  readonly state: 'known' | 'open' | 'lost';
  /** When covers are lost, now: what they said was read is older than the position, and that is older than now. */
  readonly floorMs: number;
}

function reliedOn(streams: ShardStreams, { entries }: Position, { patience }: PlaceRules): ReliedOn {
  const implied = new Map<string, number>();
  const covering = new Set<string>();
  for (const [key, { covers }] of entries) if (covers && !streams.isSpent(key)) covering.add(key);
  const children: string[] = [];
  const awaited: string[] = [];
  if (covering.size > 0) {
    for (const [child] of streams.covers.all()) {
      if (!covering.delete(streams.covers.keyOf(child))) continue;
      children.push(child);
      const covered = streams.covers.endsOf(child);
      awaited.push(...covered.missing.map((each) => streams.covers.keyOf(each)));
      for (const [producer, end] of covered.ends) implied.set(producer, Math.max(end, implied.get(producer) ?? 0));
    }
  }
  awaited.push(...covering);
  const state = awaited.length === 0 ? 'known' : patience.isOver(awaited) ? 'lost' : 'open';
  return { implied, children, state, floorMs: state === 'lost' ? patience.wallMs() : 0 };
}

/** All that is known of a stream counts as read; elsewhere there may be more of it that does. */
function isBelow(streams: ShardStreams, stream: Stream, floorMs: number): boolean {
  if (floorMs === 0 || stream.to === 0) return false;
  return stream.newestMs <= floorMs || isGone(streams, stream);
}

/** Nothing can be read of a stream. */
function isGone(streams: ShardStreams, { to, endIndex }: Stream): boolean {
  return to > 0 && (endIndex === 0 || endIndex <= streams.trimmedTo);
}
