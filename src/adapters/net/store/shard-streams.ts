// All streams of one shard, and what is remembered beside them: who succeeded whom, and what was forgotten.
// Invariant: a stream is forgotten only after all that it covers; its events are gone here by then, and the floor is above
// its newest stamp, so that nobody here takes it again and no position made here reads it again elsewhere.
import { Covers } from './covers.ts';
import { keyOf, Stream } from './stream.ts';

/** How many forgotten streams are known by name. */
const MOST_FORGOTTEN = 4096;

export class ShardStreams {
  readonly shard: number;
  readonly covers = new Covers();
  /** Of streams that are not known, events with a stamp up to here are not taken; whole milliseconds. */
  floorMs = 0;
  /** Events below this index are gone, as far as was looked. */
  trimmedTo = 0;
  /** The index in the store up to which the streams are known. */
  indexed = 0;
  readonly #streams = new Map<string, Stream>();
  /** Forgotten streams by key, with what they reached. */
  readonly #forgotten = new Map<string, number>();
  /** Keys of children that are known to cover nothing any more that is known here. */
  readonly #spent = new Set<string>();
  readonly #offered = new Map<string, number>();

  constructor(shard: number) {
    this.shard = shard;
  }

  get(producer: string): Stream | undefined {
    return this.#streams.get(producer);
  }

  all(): IterableIterator<Stream> {
    return this.#streams.values();
  }

  get count(): number {
    return this.#streams.size;
  }

  /** The stream of a producer, made when it is new. */
  make(producer: string): Stream {
    let stream = this.#streams.get(producer);
    if (stream === undefined) {
      stream = new Stream(this.shard, producer);
      this.#streams.set(producer, stream);
      this.#forgotten.delete(stream.key);
    }
    return stream;
  }

  /** Where the ranges of streams that are not learnt yet begin for others. */
  noteOffered(offered: readonly (readonly [producer: string, offered: number])[]): void {
    for (const [producer, from] of offered) this.#offered.set(producer, from);
  }

  /** Takes over what was noted, once the streams are learnt. */
  applyOffered(): void {
    for (const [producer, from] of this.#offered) {
      const stream = this.#streams.get(producer);
      if (stream !== undefined) stream.offered = Math.min(from, stream.to);
    }
    this.#offered.clear();
  }

  /** What a forgotten stream reached; undefined when this is none. */
  forgottenEnd(key: string): number | undefined {
    return this.#forgotten.get(key);
  }

  /** Whether a stream was forgotten, and nothing is known of it beyond a sequence that somebody has read up to. */
  hasForgotten(key: string, next: number): boolean {
    return next <= (this.#forgotten.get(key) ?? -1);
  }

  *forgotten(): IterableIterator<readonly [key: string, end: number]> {
    yield* this.#forgotten;
  }

  /** Takes note of a stream that was forgotten; those that were forgotten first go when there are too many. */
  rememberForgotten(key: string, end: number): void {
    this.#forgotten.set(key, Math.max(end, this.#forgotten.get(key) ?? 0));
    if (this.#forgotten.size <= MOST_FORGOTTEN) return;
    const [first] = this.#forgotten.keys();
    if (first !== undefined) this.#forgotten.delete(first);
  }

  /** Whether a child is known to cover only what was forgotten. That it was forgotten itself does not say so. */
  isSpent(key: string): boolean {
    return this.#spent.has(key);
  }

  spent(): IterableIterator<string> {
    return this.#spent.values();
  }

  noteSpent(key: string): void {
    this.#spent.add(key);
    if (this.#spent.size > MOST_FORGOTTEN) this.#spent.delete(this.#spent.values().next().value as string);
  }

  /** Retention took the events below an index. */
  trim(index: number): void {
    this.trimmedTo = index;
    for (const stream of this.#streams.values()) if (stream.from < stream.kept) stream.trim(index);
  }

  /**
   * Forgets the streams whose events are all gone and whose newest stamp lies before a time, unless they are `live`.
   * Returns them.
   */
  forget(beforeMs: number, isLive: (producer: string) => boolean): readonly Stream[] {
    const gone: Stream[] = [];
    for (let again = true; again; ) {
      again = false;
      for (const stream of this.#streams.values()) {
        if (!this.#mayForget(stream, beforeMs) || isLive(stream.producer)) continue;
        this.#forget(stream, beforeMs);
        gone.push(stream);
        again = true;
      }
    }
    for (const [child] of [...this.covers.all()]) {
      if (this.#streams.has(child) || isLive(child) || !this.coversForgotten(child)) continue;
      this.rememberForgotten(keyOf(child), 0);
      this.#forgetCover(child);
    }
    return gone;
  }

  /** Whether all that a child covers was forgotten, or nothing. */
  coversForgotten(child: string, entries = this.covers.entries(child)): boolean {
    // Of a parent that never wrote here only the cover counts, which leads to those before it.
    return entries.every(
      ({ producer, end, hasCover }) =>
        (end === 0 || this.hasForgotten(keyOf(producer), end)) && (!hasCover || this.isSpent(keyOf(producer))),
    );
  }

  #mayForget(stream: Stream, beforeMs: number): boolean {
    if (stream.appends > 0 || stream.to === 0) return false;
    if (stream.from < stream.kept || stream.newestMs >= beforeMs) return false;
    for (const producer of this.covers.endsOf(stream.producer).ends.keys()) {
      if (this.#streams.has(producer)) return false;
    }
    return true;
  }

  /** Others may have more of it, but nothing that is younger than its silence: the floor is the time, not its newest stamp. */
  #forget(stream: Stream, beforeMs: number): void {
    this.floorMs = Math.max(this.floorMs, Math.floor(beforeMs));
    this.#streams.delete(stream.producer);
    this.rememberForgotten(stream.key, stream.to);
    this.#forgetCover(stream.producer);
  }

  /** A cover that is not known, or leads to one that is not, says nothing of what it covers: it is not spent. */
  #forgetCover(child: string): void {
    if (!this.covers.has(child) || this.covers.endsOf(child).missing.length > 0) return;
    this.noteSpent(keyOf(child));
    this.covers.forget(child);
  }
}

/** Whether a producer is one that a shard has forgotten. */
export function isForgotten(streams: ShardStreams, producer: string): boolean {
  return streams.forgottenEnd(keyOf(producer)) !== undefined;
}
