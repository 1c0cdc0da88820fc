// One event inside a frame, read on demand. Invariant: it never copies before it is asked, and what it hands out
// by `bytes` is a copy that belongs to the caller, so that no caller can change a stored frame.
import { isUtf8 } from 'node:buffer';
import {
  HAS_HEADERS,
  HAS_KEY,
  RECORD_FLAGS,
  RECORD_HASH,
  RECORD_HEADER_BYTES,
  RECORD_META_LENGTH,
  RECORD_SEQUENCE,
  RECORD_STAMP,
} from '../../kernel/layout.ts';
import { type Headers, metaFits, readHeaders } from './meta.ts';
import type { RecordBlock } from './record-block.ts';

/** Lengths up to here can be rounded up as 32-bit integers. */
const MOST_PLAIN_BYTES = 0x3fff_ffff;
const REPLACEMENT = '\ufffd';

/** The bytes of the record that starts at `at`, padding included. */
export function recordBytes(frame: Buffer, at: number): number {
  const payload = frame.readUInt32LE(at);
  const unpadded = payload + frame.readUInt16LE(at + RECORD_META_LENGTH) + RECORD_HEADER_BYTES;
  return Math.ceil(unpadded / 8) * 8;
}

/** A u64 that is known to stay below 2^53. */
export function readSafeUInt64(frame: Buffer, at: number): number {
  return frame.readUInt32LE(at) + frame.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/** The stamp of the record at `at`, nanoseconds since the Unix epoch. */
export function readStamp(frame: Buffer, at: number): bigint {
  return frame.readBigUInt64LE(at + RECORD_STAMP);
}

/**
 * The bytes that the record at `at` has by its header, which is all there, when it has no key and no headers and this
 * sequence; otherwise 0. A check for most records: asking a DataView for its length would double what it costs.
 */
export function plainRecordBytes(numbers: DataView, at: number, sequence: number): number {
  const payload = numbers.getUint32(at, true);
  // The lengths of key and headers, and the flags that tell of them.
  if (payload > MOST_PLAIN_BYTES || numbers.getUint32(at + RECORD_META_LENGTH, true) !== 0) return 0;
  const bytes = (payload + RECORD_HEADER_BYTES + 7) & ~7;
  const low = numbers.getUint32(at + RECORD_SEQUENCE, true);
  const high = numbers.getUint32(at + RECORD_SEQUENCE + 4, true);
  return low + high * 0x1_0000_0000 === sequence ? bytes : 0;
}

/** What is wrong with the record at `at`, of which nothing is believed yet; undefined when it is whole. */
export function faultOfRecord(frame: Buffer, at: number, sequence: number): string | undefined {
  if (frame.length - at < RECORD_HEADER_BYTES || frame.length - at < recordBytes(frame, at)) {
    return 'goes past the end of the frame';
  }
  if (readSafeUInt64(frame, at + RECORD_SEQUENCE) !== sequence) return `does not have the sequence ${sequence}`;
  const start = at + RECORD_HEADER_BYTES;
  const end = start + frame.readUInt16LE(at + RECORD_META_LENGTH);
  const flags = frame.readUInt16LE(at + RECORD_FLAGS);
  return metaFits(frame, flags, start, end) ? undefined : 'has a key or headers of impossible lengths';
}

/** A view of one record of a block: the shape of the contract's EventView. */
export class FrameRecord {
  readonly #block: RecordBlock;
  readonly #at: number;

  constructor(block: RecordBlock, at: number) {
    this.#block = block;
    this.#at = at;
  }

  get sequence(): number {
    const { numbers } = this.#block;
    const at = this.#at + RECORD_SEQUENCE;
    return numbers.getUint32(at, true) + numbers.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  get timestampNs(): bigint {
    return this.#block.numbers.getBigUint64(this.#at + RECORD_STAMP, true);
  }

  get hash(): bigint {
    return this.#block.numbers.getBigUint64(this.#at + RECORD_HASH, true);
  }

  get payloadBytes(): number {
    return this.#block.numbers.getUint32(this.#at, true);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    const start = this.#payloadAt();
    return this.#block.bytes.slice(start, start + this.payloadBytes);
  }

  /** The payload as text, without a copy of its bytes; undefined when it is not UTF-8. */
  utf8(): string | undefined {
    const start = this.#payloadAt();
    const end = start + this.payloadBytes;
    const text = this.#block.text.toString('utf8', start, end);
    if (!text.includes(REPLACEMENT)) return text;
    return isUtf8(this.#block.bytes.subarray(start, end)) ? text : undefined;
  }

  get key(): string | undefined {
    if ((this.#flags() & HAS_KEY) === 0) return undefined;
    const start = this.#at + RECORD_HEADER_BYTES;
    return this.#block.text.toString('utf8', start + 2, start + 2 + this.#block.numbers.getUint16(start, true));
  }

  get headers(): Headers | undefined {
    if ((this.#flags() & HAS_HEADERS) === 0) return undefined;
    return readHeaders(this.#block.text, this.#headersAt(), this.#payloadAt());
  }

  #flags(): number {
    return this.#block.numbers.getUint16(this.#at + RECORD_FLAGS, true);
  }

  #payloadAt(): number {
    return this.#at + RECORD_HEADER_BYTES + this.#block.numbers.getUint16(this.#at + RECORD_META_LENGTH, true);
  }

  #headersAt(): number {
    const start = this.#at + RECORD_HEADER_BYTES;
    return (this.#flags() & HAS_KEY) === 0 ? start : start + 2 + this.#block.numbers.getUint16(start, true);
  }
}
