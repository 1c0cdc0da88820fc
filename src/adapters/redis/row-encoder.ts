// A batch as rows for the script: the fields of its entries as text and bytes, one behind the other, in one argument, so
// that the server only cuts them apart, and puts what all ids have in common before the sequence. Big-endian, each row:
//
//  u8 1: has a key, 2: has headers | u32 length, payload | u8 length, stamp in decimal | u8 length, sequence in decimal | 16 hex digits of the hash
//  u16 length, key (if flagged)    | u32 length, headers as JSON (if flagged)
import { endianness } from 'node:os';
import {
  HAS_HEADERS,
  HAS_KEY,
  RECORD_FLAGS,
  RECORD_HASH,
  RECORD_HEADER_BYTES,
  RECORD_META_LENGTH,
  RECORD_STAMP,
} from '../../../kernel/layout.ts';
import type { Batch } from '../../adapter/contract.ts';
import { readHeaders } from '../../frame/meta.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { BILLION, Digits, putDigits, putHash, putNanoseconds, secondsOf } from './row-text.ts';

/** What a row has besides payload, key and headers: lengths, stamp, sequence and hash. */
const ROW_BYTES = 64;
/** JSON writes a byte of text as six at the most, and needs no more than that for its own marks. */
const JSON_GROWTH = 6;
/** A buffer above this is not kept for the next batch. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** Up to here room for the worst is taken: counting what there is would be a tenth of the time. */
const UNCOUNTED_BYTES = 1024 * 1024;
/** A native copy costs more than so many bytes word by word. */
const MOST_BY_WORD = 256;
const WORD = 4;
const NO_DIGITS = new Digits('');

/** The most bytes of rows that records of so many bytes may come to, whatever they hold. */
export function mostRowBytes(recordBytes: number): number {
  // The smallest record is a header alone, and its row has ROW_BYTES.
  return recordBytes * (1 + ROW_BYTES / RECORD_HEADER_BYTES + JSON_GROWTH);
}

/** Writes the batches of one shard, one at a time. */
export class RowEncoder {
  #space: Buffer = Buffer.allocUnsafeSlow(0);

  /** The rows of a batch: a view of a buffer that the next call overwrites. */
  encode(batch: Batch): Buffer {
    const { buffer, byteOffset, byteLength } = batch.records;
    const records = new RecordBlock(Buffer.from(buffer, byteOffset, byteLength));
    const space = this.#roomFor(roomOf(batch, records.numbers));
    return space.subarray(0, writeRows(batch, records, space));
  }

  /** Forgets the buffer: a connection that was given up may still send from it. */
  abandon(): void {
    this.#space = Buffer.allocUnsafeSlow(0);
  }

  #roomFor(bytes: number): Buffer {
    if (this.#space.length >= bytes) return this.#space;
    const space = Buffer.allocUnsafeSlow(bytes);
    if (bytes <= KEPT_BYTES) this.#space = space;
    return space;
  }
}

/** Bytes that the rows need at the most. Room for any keys and headers is eight times what most batches take. */
function roomOf({ count, records }: Batch, numbers: DataView): number {
  const most = mostRowBytes(records.length);
  if (most <= UNCOUNTED_BYTES) return most;
  let bytes = 0;
  for (let nth = 0, from = 0; nth < count; nth += 1) {
    const meta = numbers.getUint16(from + RECORD_META_LENGTH, true);
    bytes += meta;
    from = (from + RECORD_HEADER_BYTES + meta + numbers.getInt32(from, true) + 7) & ~7;
  }
  return records.length + count * ROW_BYTES + JSON_GROWTH * bytes;
}

/** Writes all rows; returns where they end. In one loop, since calls cost more than what they would write. */
function writeRows({ count, firstSequence }: Batch, records: RecordBlock, space: Buffer): number {
  const { numbers } = records;
  const words = wordsOf(records);
  const out = new DataView(space.buffer, space.byteOffset, space.byteLength);
  let sequence = new Digits(firstSequence);
  let second = 0;
  let secondDigits = NO_DIGITS;
  let from = 0;
  let at = 0;
  for (let nth = 0; nth < count; nth += 1) {
    // As an int32, which it fits: all offsets stay small integers so, which is a tenth of the time.
    const payload = numbers.getInt32(from, true);
    const meta = numbers.getUint16(from + RECORD_META_LENGTH, true);
    const flags = numbers.getUint16(from + RECORD_FLAGS, true) & (HAS_KEY | HAS_HEADERS);
    const metaAt = from + RECORD_HEADER_BYTES;
    const payloadAt = metaAt + meta;
    out.setUint8(at, flags);
    out.setUint32(at + 1, payload);
    at += 5;
    if (words === undefined || payload > MOST_BY_WORD || (payloadAt & 3) !== 0) {
      records.text.copy(space, at, payloadAt, payloadAt + payload);
    } else {
      // The last word may reach into what pads the record, and what follows is written over that.
      const first = payloadAt >>> 2;
      const last = (payload + 3) >>> 2;
      for (let word = 0; word < last; word += 1) out.setInt32(at + word * WORD, words[first + word] as number, true);
    }
    at += payload;
    const stampLow = numbers.getUint32(from + RECORD_STAMP, true);
    const seconds = secondsOf(stampLow, numbers.getUint32(from + RECORD_STAMP + 4, true));
    if (seconds !== second) {
      second = seconds;
      secondDigits = new Digits(seconds);
    }
    out.setUint8(at, secondDigits.bytes + 9);
    at = putDigits(out, at + 1, secondDigits);
    at = putNanoseconds(out, at, (stampLow - Math.imul(seconds, BILLION)) >>> 0);
    out.setUint8(at, sequence.bytes);
    at = putDigits(out, at + 1, sequence);
    sequence = sequence.next();
    at = putHash(out, at, numbers.getUint32(from + RECORD_HASH + 4, true));
    at = putHash(out, at, numbers.getUint32(from + RECORD_HASH, true));
    if (flags > 0) at = writeMeta(space, at, { records, from: metaAt, end: payloadAt, flags });
    from = (payloadAt + payload + 7) & ~7;
  }
  return at;
}

interface Meta {
  readonly records: RecordBlock;
  readonly from: number;
  readonly end: number;
  readonly flags: number;
}

/** Writes key and headers; returns where they end. */
function writeMeta(space: Buffer, start: number, { end, flags, from, records }: Meta): number {
  let at = start;
  let headersFrom = from;
  if ((flags & HAS_KEY) !== 0) {
    const bytes = records.numbers.getUint16(from, true);
    headersFrom = from + 2 + bytes;
    at = space.writeUInt16BE(bytes, at);
    at += records.text.copy(space, at, from + 2, headersFrom);
  }
  if ((flags & HAS_HEADERS) === 0) return at;
  const bytes = space.write(JSON.stringify(readHeaders(records.text, headersFrom, end)), at + 4, 'utf8');
  return space.writeUInt32BE(bytes, at) + bytes;
}

/** The records by words, where they lie as they are to be written: the fastest way to read them. */
function wordsOf({ numbers: { buffer, byteLength, byteOffset } }: RecordBlock): Int32Array | undefined {
  if (byteOffset % WORD > 0 || endianness() !== 'LE') return undefined;
  return new Int32Array(buffer, byteOffset, Math.floor(byteLength / WORD));
}
