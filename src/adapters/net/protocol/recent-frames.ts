// Copies of the newest frames, as they go over the wire, for peers that are up to date: these need no read of the store, and
// one frame serves all of them. Invariant: they lie in blocks of so many bytes in all; when these are full, the oldest block
// serves again, and its frames are gone. A slow peer reads the store instead.
import type { Stream } from '../store/stream.ts';

export interface RecentFrame {
  readonly stream: Stream;
  readonly firstSequence: number;
  readonly end: number;
  readonly lost: number;
  /** Valid until the next frame is added. */
  readonly frame: Uint8Array<ArrayBuffer>;
}

const BLOCK_BYTES = 1_048_576;

interface Block {
  readonly bytes: Buffer<ArrayBuffer>;
  length: number;
  readonly frames: RecentFrame[];
}

export class RecentFrames {
  readonly #maxBytes: number;
  readonly #blockBytes: number;
  readonly #byStream = new Map<Stream, Map<number, RecentFrame>>();
  /** The oldest first. */
  readonly #blocks: Block[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#blockBytes = Math.min(BLOCK_BYTES, Math.floor(maxBytes / 4));
  }

  /** Copies a frame. */
  add(recent: RecentFrame): void {
    const { stream, firstSequence, lost } = recent;
    const block = this.#blockFor(recent.frame.length);
    if (block === undefined) return;
    const end = block.length + recent.frame.length;
    const frame = block.bytes.subarray(block.length, end);
    frame.set(recent.frame);
    block.length = end;
    const kept = { ...recent, frame };
    block.frames.push(kept);
    let frames = this.#byStream.get(stream);
    if (frames === undefined) {
      frames = new Map();
      this.#byStream.set(stream, frames);
    }
    frames.set(firstSequence - lost, kept);
  }

  /** The frame that goes on from a sequence. */
  find(stream: Stream, sequence: number): RecentFrame | undefined {
    return this.#byStream.get(stream)?.get(sequence);
  }

  /** Where a frame of so many bytes is copied to; undefined when it is too long to be kept. */
  #blockFor(length: number): Block | undefined {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.length + length <= last.bytes.length) return last;
    const capacity = Math.max(length, this.#blockBytes);
    if (capacity > this.#maxBytes) return undefined;
    let bytes: Buffer<ArrayBuffer> | undefined;
    while (this.#bytes + capacity > this.#maxBytes) bytes = this.#dropOldest();
    if (bytes?.length !== capacity) bytes = Buffer.allocUnsafeSlow(capacity) as Buffer<ArrayBuffer>;
    this.#bytes += bytes.length;
    const block = { bytes, length: 0, frames: [] };
    this.#blocks.push(block);
    return block;
  }

  #dropOldest(): Buffer<ArrayBuffer> {
    const { bytes, frames } = this.#blocks.shift() as Block;
    this.#bytes -= bytes.length;
    for (const recent of frames) {
      const { stream, firstSequence, lost } = recent;
      const known = this.#byStream.get(stream);
      if (known?.get(firstSequence - lost) === recent) known.delete(firstSequence - lost);
      if (known?.size === 0) this.#byStream.delete(stream);
    }
    return bytes;
  }
}
