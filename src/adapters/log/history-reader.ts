// Reads records of shards from their segments. Invariant: every byte was checked once before a record of it is handed out,
// and what is kept in memory is bounded: some blocks, and the marks of some segments.

import { readStamp, recordBytes } from '../../frame/record.ts';
import type { FrameSlice } from '../../frame-store/frame-store.ts';
import { Block } from './block.ts';
import { decodeEntryHeader, ENTRY_HEADER_BYTES } from './entry.ts';
import { codeOf } from './file-system.ts';
import type { LogContext } from './log-context.ts';
import type { Marks } from './marks.ts';
import { Segment } from './segment.ts';
import { readMarks } from './segment-index.ts';
import { scanSegment } from './segment-scan.ts';
import type { ShardHistory } from './shard-history.ts';
import { damageError, storageError } from './storage-error.ts';

const BLOCK_BYTES = 262_144;
const MOST_BLOCKS = 32;
const MOST_MARKS = 64;

export class HistoryReader {
  readonly #context: LogContext;
  /** The one used longest ago is the first. */
  readonly #blocks: Block[] = [];
  readonly #marks = new Map<string, Marks>();

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** The records from an index on; undefined when there are none, or retention took them meanwhile. */
  async read(history: ShardHistory, index: number): Promise<FrameSlice | undefined> {
    const segment = history.segmentAt(index);
    if (segment === undefined) return undefined;
    return (await this.#blockAt(history, segment, index))?.slice(index);
  }

  /** The index to read from for the first kept event at or after a time. */
  async findTime(history: ShardHistory, timestampNs: bigint): Promise<number> {
    // Stamps of several producers need not rise; the first segment that has such a stamp has the event.
    const segment = history.segments.find((each) => each.newestStampNs >= timestampNs);
    if (segment === undefined) return history.end;
    let next = (await this.#marksOf(history, segment)).beforeTime(timestampNs).index;
    while (next < segment.end) {
      const slice = await this.read(history, next);
      if (slice === undefined) break;
      const found = findInSlice(slice, timestampNs);
      if (found !== undefined) {
        const from = found === slice.index ? slice.index - slice.lostBefore : found;
        return from === segment.first ? history.lostFrom(segment) : from;
      }
      next = slice.index + slice.count;
    }
    return Math.min(next, history.end);
  }

  async #blockAt(history: ShardHistory, segment: Segment, index: number): Promise<Block | undefined> {
    if (segment.damage !== undefined && index >= segment.end) {
      throw damageError(segment.path, segment.bytes, segment.damage);
    }
    const start = Math.max(index, segment.first);
    const found = this.#blocks.findIndex(
      (each) => each.path === segment.path && each.first <= start && start < each.end,
    );
    if (found >= 0) return this.#use(found);
    const before = this.#blocks.find((each) => each.path === segment.path && each.end === start);
    let offset = before?.endOffset ?? (await this.#marksOf(history, segment)).before(start).offset;
    while (offset < segment.bytes) {
      const block = await this.#load(history, segment, offset);
      if (block === undefined) return undefined;
      if (block.end > start) {
        this.#keep(block);
        return block;
      }
      offset = block.endOffset;
    }
    throw damageError(segment.path, offset, `event ${start} is missing`);
  }

  async #load(history: ShardHistory, segment: Segment, offset: number): Promise<Block | undefined> {
    const { path, bytes: size } = segment;
    const origin = { path, shard: history.shard, salt: history.salt, offset };
    let bytes: Buffer<ArrayBuffer>;
    try {
      bytes = await this.#context.pool.with(path, 'read', async (file) => {
        const front = await readAt(file, offset, Math.min(BLOCK_BYTES, size - offset));
        const header = front.length < ENTRY_HEADER_BYTES ? undefined : decodeEntryHeader(front, 0, history.salt);
        const whole = header === undefined ? 0 : ENTRY_HEADER_BYTES + header.frameBytes;
        return whole > front.length && whole <= size - offset ? readAt(file, offset, whole) : front;
      });
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && !history.segments.includes(segment)) return undefined;
      throw storageError('Reading', path, error);
    }
    const block = Block.parse(bytes, origin);
    if (block.endOffset === offset) throw damageError(path, offset, 'the file ends within the entry');
    return block;
  }

  #use(place: number): Block {
    const [block] = this.#blocks.splice(place, 1) as [Block];
    this.#blocks.push(block);
    return block;
  }

  #keep(block: Block): void {
    if (block.bytes > 4 * BLOCK_BYTES) return;
    this.#blocks.push(block);
    if (this.#blocks.length > MOST_BLOCKS) this.#blocks.shift();
  }

  async #marksOf(history: ShardHistory, segment: Segment): Promise<Marks> {
    const known = segment.marks ?? this.#marks.get(segment.path);
    if (known !== undefined) return known;
    const marks = (await this.#indexedMarks(segment)) ?? (await this.#scannedMarks(history, segment));
    this.#marks.set(segment.path, marks);
    for (const path of this.#marks.keys()) {
      if (this.#marks.size <= MOST_MARKS) break;
      this.#marks.delete(path);
    }
    return marks;
  }

  async #indexedMarks(segment: Segment): Promise<Marks | undefined> {
    try {
      return await readMarks(this.#context.files, segment.path);
    } catch {
      return undefined; // Only a help: the entries tell the same.
    }
  }

  async #scannedMarks(history: ShardHistory, { path, first, bytes: size }: Segment): Promise<Marks> {
    const { salt, shard } = history;
    const scanned = new Segment(path, first);
    try {
      await this.#context.pool.with(path, 'read', (file) =>
        scanSegment(file, scanned, { shard, salt, size, verify: false }),
      );
    } catch (error) {
      throw storageError('Reading', path, error);
    }
    return scanned.marks as Marks;
  }
}

async function readAt(
  file: { read(target: Uint8Array, length: number, position: number): Promise<number> },
  offset: number,
  length: number,
): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(length) as Buffer<ArrayBuffer>;
  return bytes.subarray(0, await file.read(bytes, length, offset)) as Buffer<ArrayBuffer>;
}

function findInSlice(slice: FrameSlice, timestampNs: bigint): number | undefined {
  let at = slice.at;
  for (let nth = 0; nth < slice.count; nth += 1) {
    if (readStamp(slice.block, at) >= timestampNs) return slice.index + nth;
    at += recordBytes(slice.block, at);
  }
  return undefined;
}
