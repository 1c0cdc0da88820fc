// A batch as rows for the script: all fields of its entries as text and bytes, one behind the other, in one argument, so
// that the server only cuts them apart. Big-endian, each row:
//
//  u8 1: has a key, 2: has headers | u32 length, payload | u8 length, stamp in decimal | u16 length, id | 16 hex digits of the hash
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
import { RowText } from './row-text.ts';

/** What a row has besides payload, id, key and headers: lengths, stamp and hash. */
const ROW_BYTES = 64;
/** JSON writes a byte of text as six at the most, and needs no more than that for its own marks. */
const JSON_GROWTH = 6;
/** A buffer above this is not kept for the next batch. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** The most bytes of rows that records of so many bytes may come to, whatever they hold. */
export function mostRowBytes(recordBytes: number): number {
  // The smallest record has 32 bytes, and its row as many more as its id and ROW_BYTES.
  return recordBytes * 12;
}

/** Writes the batches of one shard, one at a time. */
export class RowEncoder {
  #space: Buffer = Buffer.allocUnsafeSlow(0);

  /** The rows of a batch: a view of a buffer that the next call overwrites. */
  encode(batch: Batch): Buffer {
    const { buffer, byteOffset, byteLength } = batch.records;
    const records = Buffer.from(buffer, byteOffset, byteLength);
    const prefix = `${batch.producer}/${batch.shard}/`;
    const most = byteLength + batch.count * (ROW_BYTES + prefix.length + 16) + JSON_GROWTH * metaBytes(batch, records);
    const text = new RowText(this.#roomFor(most), prefix, batch.firstSequence);
    let from = 0;
    for (let nth = 0; nth < batch.count; nth += 1) {
      const payload = records.readUInt32LE(from);
      const meta = records.readUInt16LE(from + RECORD_META_LENGTH);
      const metaAt = from + RECORD_HEADER_BYTES;
      const flags = records.readUInt16LE(from + RECORD_FLAGS) & (HAS_KEY | HAS_HEADERS);
      text.begin(flags, payload);
      text.copy(records, metaAt + meta, payload);
      text.stamp(records.readUInt32LE(from + RECORD_STAMP), records.readUInt32LE(from + RECORD_STAMP + 4));
      text.name();
      text.hash(records.readUInt32LE(from + RECORD_HASH), records.readUInt32LE(from + RECORD_HASH + 4));
      if (flags > 0) writeMeta(text, records.subarray(metaAt, metaAt + meta), flags);
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

function metaBytes({ count }: Batch, records: Buffer): number {
  let bytes = 0;
  for (let nth = 0, from = 0; nth < count; nth += 1) {
    const meta = records.readUInt16LE(from + RECORD_META_LENGTH);
    bytes += meta;
    from += RECORD_HEADER_BYTES + Math.ceil((meta + records.readUInt32LE(from)) / 8) * 8;
  }
  return bytes;
}

function writeMeta(text: RowText, meta: Buffer, flags: number): void {
  let headersAt = 0;
  if ((flags & HAS_KEY) !== 0) {
    headersAt = 2 + meta.readUInt16LE(0);
    text.key(meta, 2, headersAt - 2);
  }
  if ((flags & HAS_HEADERS) !== 0) text.headers(JSON.stringify(readHeaders(meta, headersAt, meta.length)));
}
