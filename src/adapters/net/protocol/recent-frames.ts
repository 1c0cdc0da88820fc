// The newest frames, as they go over the wire, for peers that are up to date: these need no read of the store, and one frame
// serves all of them. Invariant: at most so many bytes in all; the oldest go. A slow peer reads the store instead.
import type { Stream } from '../store/stream.ts';

export interface RecentFrame {
  readonly stream: Stream;
  readonly firstSequence: number;
  readonly end: number;
  readonly lost: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}

export class RecentFrames {
  readonly #maxBytes: number;
  readonly #byStream = new Map<Stream, Map<number, RecentFrame>>();
  #order: RecentFrame[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(frame: RecentFrame): void {
    let frames = this.#byStream.get(frame.stream);
    if (frames === undefined) {
      frames = new Map();
      this.#byStream.set(frame.stream, frames);
    }
    frames.set(frame.firstSequence - frame.lost, frame);
    this.#order.push(frame);
    this.#bytes += frame.frame.length;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  /** The frame that goes on from a sequence. */
  find(stream: Stream, sequence: number): RecentFrame | undefined {
    return this.#byStream.get(stream)?.get(sequence);
  }

  #dropOldest(): void {
    const oldest = this.#order[this.#first] as RecentFrame;
    this.#first += 1;
    if (this.#first > 256 && 2 * this.#first > this.#order.length) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
    this.#bytes -= oldest.frame.length;
    const frames = this.#byStream.get(oldest.stream);
    frames?.delete(oldest.firstSequence - oldest.lost);
    if (frames?.size === 0) this.#byStream.delete(oldest.stream);
  }
}
