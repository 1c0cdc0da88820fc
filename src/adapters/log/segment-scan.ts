// Reads the entries of a segment from where its knowledge ends. Invariant: no length is believed before the checksum of
// its header was right and the bytes are there, so a damaged one allocates nothing.
import { FrameBatch, FrameError } from '../../frame/batch.ts';
import { decodeEntryHeader, ENTRY_HEADER_BYTES } from './entry.ts';
import type { OpenFile } from './file-system.ts';
import { LONGEST_FRAME_HEADER, readFrameHeader } from './frame-facts.ts';
import type { Segment } from './segment.ts';

const BLOCK_BYTES = 262_144;
const PEEK_BYTES = 4096;

export interface ScanOptions {
  readonly shard: number;
  readonly salt: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Check the bytes of each frame, too; otherwise the headers alone. */
  readonly verify: boolean;
}

/** Adds entries to the segment up to the end of the file; returns what is wrong with the next one, if there is one. */
export async function scanSegment(file: OpenFile, segment: Segment, options: ScanOptions): Promise<string | undefined> {
  const window = new Window(file, options.size);
  const least = ENTRY_HEADER_BYTES + LONGEST_FRAME_HEADER;
  let ahead = BLOCK_BYTES;
  while (segment.bytes < options.size) {
    const left = options.size - segment.bytes;
    if (left < ENTRY_HEADER_BYTES) return 'the file ends within the header of an entry';
    await window.cover(segment.bytes, Math.min(left, least), ahead);
    const at = segment.bytes - window.from;
    if (window.block.length - at < ENTRY_HEADER_BYTES) return 'the file ends within the header of an entry';
    const header = decodeEntryHeader(window.block, at, options.salt);
    if (header === undefined) return 'no entry begins there';
    if (header.index !== segment.end + header.lost) return `the entry does not follow event ${segment.end}`;
    const bytes = ENTRY_HEADER_BYTES + header.frameBytes;
    if (bytes > left) return 'the file ends within the entry';
    if (options.verify) await window.cover(segment.bytes, bytes, ahead);
    const frameAt = segment.bytes - window.from + ENTRY_HEADER_BYTES;
    if (options.verify) {
      const fault = faultOfFrame(window.block.subarray(frameAt, frameAt + header.frameBytes), options.shard);
      if (fault !== undefined) return fault;
    }
    const facts = readFrameHeader(window.block, frameAt);
    if (facts === undefined || facts.count === 0) return 'the frame has no whole header';
    segment.append({ header, facts, bytes });
    ahead = options.verify || bytes < BLOCK_BYTES / 8 ? BLOCK_BYTES : PEEK_BYTES;
  }
  return undefined;
}

/** What is wrong with the bytes of a frame; undefined when every one is right. */
export function faultOfFrame(frame: Buffer<ArrayBuffer>, shard: number): string | undefined {
  try {
    const batch = FrameBatch.parse(frame);
    return batch.shard === shard ? undefined : `the frame belongs to shard ${batch.shard}`;
  } catch (error) {
    if (error instanceof FrameError) return error.message;
    throw error;
  }
}

/** A part of the file that moves forward. */
class Window {
  from = 0;
  block: Buffer<ArrayBuffer> = Buffer.alloc(0);
  readonly #file: OpenFile;
  readonly #size: number;

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Makes sure that `bytes` from `offset` on are in the block, if the file still has them; reads `ahead` if it must. */
  async cover(offset: number, bytes: number, ahead: number): Promise<void> {
    if (offset >= this.from && offset + bytes <= this.from + this.block.length) return;
    const length = Math.min(Math.max(bytes, ahead), this.#size - offset);
    const block = Buffer.allocUnsafeSlow(length) as Buffer<ArrayBuffer>;
    this.block = block.subarray(0, await this.#file.read(block, length, offset)) as Buffer<ArrayBuffer>;
    this.from = offset;
  }
}
