// What one peer is told of the streams that this node has: changes only, gathered. Invariant: a peer that may need to know at
// once (it supplies the stream, made it, or lacks it) is told in the next turn of the event loop, others now and then.
import type { Stream } from '../store/stream.ts';
import { encodeMessage, type RangeEntry } from './messages.ts';

/** How many entries one message has at most. */
const MOST_ENTRIES = 1000;

interface Told {
  readonly number: number;
  from: number;
  to: number;
}

export class Announcements {
  readonly #told = new Map<Stream, Told>();
  readonly #streams: Stream[] = [];
  readonly #soon = new Set<Stream>();
  readonly #later = new Set<Stream>();

  /** The stream that this node gave a number on the link. */
  streamOf(number: number): Stream | undefined {
    return this.#streams[number];
  }

  numberOf(stream: Stream): number | undefined {
    return this.#told.get(stream)?.number;
  }

  /** A stream changed. */
  note(stream: Stream, isUrgent: boolean): void {
    if (isUrgent || !this.#told.has(stream)) this.#soon.add(stream);
    else this.#later.add(stream);
  }

  /** A stream is forgotten: what the peer is told last is that nothing can be had of it. */
  forget(stream: Stream): Uint8Array | undefined {
    this.#soon.delete(stream);
    this.#later.delete(stream);
    const told = this.#told.get(stream);
    if (told === undefined) return undefined;
    this.#told.delete(stream);
    const { number } = told;
    return encodeMessage({ kind: 'ranges', entries: [{ number, from: stream.to, to: stream.to }] });
  }

  /** The messages that are due; those that are not asked for stay due. @param all Those for which there is time, too. */
  *due(all: boolean): IterableIterator<Uint8Array> {
    let entries: RangeEntry[] = [];
    for (const streams of all ? [this.#soon, this.#later] : [this.#soon]) {
      for (const stream of streams) {
        streams.delete(stream);
        const entry = this.#entry(stream);
        if (entry !== undefined) entries.push(entry);
        if (entries.length < MOST_ENTRIES) continue;
        const message = encodeMessage({ kind: 'ranges', entries });
        entries = [];
        yield message;
      }
    }
    if (entries.length > 0) yield encodeMessage({ kind: 'ranges', entries });
  }

  /** What is new to the peer; undefined when nothing is. */
  #entry(stream: Stream): RangeEntry | undefined {
    const { to, shard, producer, newestMs } = stream;
    const from = Math.min(to, stream.offeredFrom);
    const told = this.#told.get(stream);
    if (told === undefined) {
      const number = this.#streams.push(stream) - 1;
      this.#told.set(stream, { number, from, to });
      return { number, from, to, introduces: { shard, producer, newestMs } };
    }
    if (told.from === from && told.to === to) return undefined;
    told.from = from;
    told.to = to;
    return { number: told.number, from, to };
  }
}
