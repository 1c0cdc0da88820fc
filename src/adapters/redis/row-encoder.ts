// A batch as rows for the script: the fields of its entries as text and bytes, one behind the other, in one argument, so
// that the server only cuts them apart, and puts what all ids have in common before the sequence. Big-endian, each row:
//
//  u8 1: has a key, 2: has headers | u32 length, payload | u8 length, stamp in decimal | u8 length, sequence in decimal | 16 hex digits of the hash
//  u16 length, key (if flagged)    | u32 length, headers as JSON (if flagged)
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
import { RowText } from './row-text.ts';

/** What a row has besides payload, key and headers: lengths, stamp, sequence and hash. */
const ROW_BYTES = 64;
/** JSON writes a byte of text as six at the most, and needs no more than that for its own marks. */
const JSON_GROWTH = 6;
/** A buffer above this is not kept for the next batch. */
const KEPT_BYTES = 8 * 1024 * 1024;

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
    const { numbers } = records;
    const most = byteLength + batch.count * ROW_BYTES + JSON_GROWTH * metaBytes(batch, numbers);
    const text = new RowText(this.#roomFor(most), batch.firstSequence);
    let from = 0;
    for (let nth = 0; nth < batch.count; nth += 1) {
      const payload = numbers.getUint32(from, true);
      const meta = numbers.getUint16(from + RECORD_META_LENGTH, true);
      const metaAt = from + RECORD_HEADER_BYTES;
      const flags = numbers.getUint16(from + RECORD_FLAGS, true) & (HAS_KEY | HAS_HEADERS);
      text.begin(flags, payload);
      text.copy(records, metaAt + meta, payload);
      text.stamp(numbers.getUint32(from + RECORD_STAMP, true), numbers.getUint32(from + RECORD_STAMP + 4, true));
      text.sequence();
      text.hash(numbers.getUint32(from + RECORD_HASH, true), numbers.getUint32(from + RECORD_HASH + 4, true));
      if (flags > 0) writeMeta(text, records, { at: metaAt, end: metaAt + meta, flags });
      from = metaAt + Math.ceil((meta + payload) / 8) * 8;
    }
    return text.written;
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

function metaBytes({ count }: Batch, numbers: DataView): number {
  let bytes = 0;
  for (let nth = 0, from = 0; nth < count; nth += 1) {
    const meta = numbers.getUint16(from + RECORD_META_LENGTH, true);
    bytes += meta;
    from += RECORD_HEADER_BYTES + Math.ceil((meta + numbers.getUint32(from, true)) / 8) * 8;
  }
  return bytes;
}

interface Meta {
  readonly at: number;
  readonly end: number;
  readonly flags: number;
}

function writeMeta(text: RowText, records: RecordBlock, { at, end, flags }: Meta): void {
  let headersAt = at;
  if ((flags & HAS_KEY) !== 0) {
    const bytes = records.numbers.getUint16(at, true);
    headersAt = at + 2 + bytes;
    text.key(records, at + 2, bytes);
  }
  if ((flags & HAS_HEADERS) !== 0) text.headers(JSON.stringify(readHeaders(records.text, headersAt, end)));
}
