// A piece of a segment in memory: whole entries whose every byte was checked. Invariant: it never changes, since records
// that readers hold are views into it.
import { recordBytes } from '../../frame/record.ts';
import type { FrameSlice } from '../../frame-store/frame-store.ts';
import { decodeEntryHeader, ENTRY_HEADER_BYTES } from './entry.ts';
import { readFrameHeader } from './frame-facts.ts';
import { faultOfFrame } from './segment-scan.ts';
import { tagText } from './shard-history.ts';
import { damageError } from './storage-error.ts';

/** Where a block was read from. */
export interface BlockOrigin {
  readonly path: string;
  readonly shard: number;
  readonly salt: number;
  readonly offset: number;
}

interface PlacedFrame {
  readonly index: number;
  readonly count: number;
  /** Events that are missing right before it. */
  readonly lost: number;
  readonly producer: string;
  readonly tag: string;
  /** Where its first record begins. */
  readonly at: number;
  /** Where the last reader stopped: readers go forward, so that the next one seldom walks from the front. */
  hintIndex: number;
  hintAt: number;
}

export class Block {
  readonly path: string;
  /** The offset in the file behind its last whole entry. */
  readonly endOffset: number;
  readonly #bytes: Buffer<ArrayBuffer>;
  readonly #frames: readonly PlacedFrame[];

  private constructor(path: string, endOffset: number, bytes: Buffer<ArrayBuffer>, frames: readonly PlacedFrame[]) {
    this.path = path;
    this.endOffset = endOffset;
    this.#bytes = bytes;
    this.#frames = frames;
  }

  /** The whole entries at the front of bytes from a file. @throws AdapterError Serialization when one is damaged */
  static parse(bytes: Buffer<ArrayBuffer>, origin: BlockOrigin): Block {
    const { path, shard, salt, offset } = origin;
    const frames: PlacedFrame[] = [];
    let at = 0;
    while (bytes.length - at >= ENTRY_HEADER_BYTES) {
      const header = decodeEntryHeader(bytes, at, salt);
      if (header === undefined) throw damageError(path, offset + at, 'no entry begins there');
      const frameAt = at + ENTRY_HEADER_BYTES;
      const end = frameAt + header.frameBytes;
      if (end > bytes.length) break;
      const fault = faultOfFrame(bytes.subarray(frameAt, end), shard);
      const facts = readFrameHeader(bytes, frameAt);
      if (fault !== undefined || facts === undefined)
        throw damageError(path, offset + at, fault ?? 'no frame is there');
      const { index, lost } = header;
      const first = frameAt + facts.headerBytes;
      const { count, producer } = facts;
      const tag = tagText(header.tag);
      frames.push({ index, count, lost, producer, tag, at: first, hintIndex: index, hintAt: first });
      at = end;
    }
    return new Block(path, offset + at, bytes, frames);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** Before which index its first entry begins. */
  get first(): number {
    return this.#frames[0]?.index ?? 0;
  }

  /** One more than its last index; 0 when it has no whole entry. */
  get end(): number {
    const last = this.#frames.at(-1);
    return last === undefined ? 0 : last.index + last.count;
  }

  /** The records from an index on in one frame, or those of the next frame when it has none; it has one. */
  slice(index: number): FrameSlice {
    const frame = this.#frameAt(index);
    const start = Math.max(index, frame.index);
    const { count, producer, tag } = frame;
    const at = this.#seek(frame, start);
    return {
      block: this.#bytes,
      at,
      count: frame.index + count - start,
      index: start,
      producer,
      lostBefore: start === frame.index ? frame.lost : 0,
      tag,
    };
  }

  #frameAt(index: number): PlacedFrame {
    let low = 0;
    let high = this.#frames.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const frame = this.#frames[middle] as PlacedFrame;
      if (frame.index + frame.count > index) high = middle;
      else low = middle + 1;
    }
    return this.#frames[low] as PlacedFrame;
  }

  #seek(frame: PlacedFrame, index: number): number {
    if (index < frame.hintIndex) {
      frame.hintIndex = frame.index;
      frame.hintAt = frame.at;
    }
    for (; frame.hintIndex < index; frame.hintIndex += 1) frame.hintAt += recordBytes(this.#bytes, frame.hintAt);
    return frame.hintAt;
  }
}
