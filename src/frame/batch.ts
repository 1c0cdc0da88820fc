// A batch of one shard and producer over its frame: made by a drain, or read back from bytes that a store kept.
// Invariant: `count` whole records with contiguous sequences fill the frame; the checksum is set before the
// frame is handed out, and checked before a frame from elsewhere is believed.
import { crc32 } from 'node:zlib';
import { RECORD_HEADER_BYTES } from '../../kernel/layout.ts';
import {
  AT_CHECKSUM,
  AT_COUNT,
  AT_FIRST_SEQUENCE,
  AT_FIRST_STAMP,
  AT_HEADER_BYTES,
  AT_LAST_STAMP,
  AT_LOST_BEFORE,
  AT_MAGIC,
  AT_PRODUCER_LENGTH,
  AT_RECORD_BYTES,
  AT_SHARD,
  AT_VERSION,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  FRAME_VERSION,
} from './layout.ts';
import { FrameRecord, faultOfRecord, plainRecordBytes, readSafeUInt64, recordBytes } from './record.ts';
import { RecordBlock } from './record-block.ts';

/** The part of a frame's header that stays the same for a shard and a producer. */
export interface FrameOrigin {
  readonly shard: number;
  readonly producer: string;
}

/** What a drain knows of its records. */
export interface FrameFacts {
  readonly firstSequence: number;
  readonly count: number;
  readonly recordBytes: number;
  readonly lostBefore: number;
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
  /** Memory of a batch that nobody needs any more, to be used when it is large enough. */
  readonly memory?: ArrayBuffer | undefined;
}

/** Thrown for bytes that are no valid frame; says what is wrong and at which offset of the frame. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export class FrameBatch {
  readonly shard: number;
  readonly producer: string;
  readonly firstSequence: number;
  readonly count: number;
  readonly lostBefore: number;
  readonly #frame: Buffer<ArrayBuffer>;
  #sealed: boolean;

  private constructor(frame: Buffer<ArrayBuffer>, origin: FrameOrigin, sealed: boolean) {
    this.#frame = frame;
    this.#sealed = sealed;
    this.shard = origin.shard;
    this.producer = origin.producer;
    this.firstSequence = readSafeUInt64(frame, AT_FIRST_SEQUENCE);
    this.count = frame.readUInt32LE(AT_COUNT);
    this.lostBefore = readSafeUInt64(frame, AT_LOST_BEFORE);
  }

  /** Makes a frame of records that `copy` writes into the space that it is given. */
  static drain(origin: FrameOrigin, facts: FrameFacts, copy: (space: Uint8Array) => void): FrameBatch {
    const producerBytes = Buffer.byteLength(origin.producer);
    const header = Math.ceil((FRAME_HEADER_BYTES + producerBytes) / 8) * 8;
    const frame = frameMemory(header + facts.recordBytes, facts.memory);
    frame.fill(0, FRAME_HEADER_BYTES, header);
    frame.writeUInt32LE(FRAME_MAGIC, AT_MAGIC);
    frame.writeUInt16LE(FRAME_VERSION, AT_VERSION);
    frame.writeUInt16LE(header, AT_HEADER_BYTES);
    frame.writeUInt32LE(facts.recordBytes, AT_RECORD_BYTES);
    frame.writeUInt32LE(facts.count, AT_COUNT);
    frame.writeBigUInt64LE(BigInt(facts.firstSequence), AT_FIRST_SEQUENCE);
    frame.writeBigUInt64LE(BigInt(facts.lostBefore), AT_LOST_BEFORE);
    frame.writeBigUInt64LE(facts.firstTimestampNs, AT_FIRST_STAMP);
    frame.writeBigUInt64LE(facts.lastTimestampNs, AT_LAST_STAMP);
    frame.writeUInt16LE(origin.shard, AT_SHARD);
    frame.writeUInt16LE(producerBytes, AT_PRODUCER_LENGTH);
    frame.writeUInt32LE(0, AT_CHECKSUM);
    frame.write(origin.producer, FRAME_HEADER_BYTES, 'utf8');
    copy(frame.subarray(header));
    return new FrameBatch(frame, origin, false);
  }

  /** The batch in a frame that came from elsewhere. @throws FrameError when a byte of it is wrong. */
  static parse(bytes: Uint8Array<ArrayBuffer>): FrameBatch {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (frame.length < FRAME_HEADER_BYTES) throw new FrameError(`a frame has ${FRAME_HEADER_BYTES} bytes or more`);
    if (frame.readUInt32LE(AT_MAGIC) !== FRAME_MAGIC) throw new FrameError('no frame begins at offset 0');
    const version = frame.readUInt16LE(AT_VERSION);
    if (version !== FRAME_VERSION)
      throw new FrameError(`frame version ${version}, this release reads ${FRAME_VERSION}`);
    const header = frame.readUInt16LE(AT_HEADER_BYTES);
    const producerLength = frame.readUInt16LE(AT_PRODUCER_LENGTH);
    if (header + frame.readUInt32LE(AT_RECORD_BYTES) !== frame.length || FRAME_HEADER_BYTES + producerLength > header) {
      throw new FrameError(`the lengths in the header do not add up to ${frame.length} bytes`);
    }
    if (checksumOf(frame) !== frame.readUInt32LE(AT_CHECKSUM)) throw new FrameError('the checksum does not match');
    const producer = frame.toString('utf8', FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + producerLength);
    const batch = new FrameBatch(frame, { shard: frame.readUInt16LE(AT_SHARD), producer }, true);
    checkRecords(frame, batch);
    return batch;
  }

  get frame(): Uint8Array<ArrayBuffer> {
    if (!this.#sealed) {
      this.#frame.writeUInt32LE(checksumOf(this.#frame), AT_CHECKSUM);
      this.#sealed = true;
    }
    return this.#frame;
  }

  /** Bytes of the records. */
  get recordBytes(): number {
    return this.#frame.length - this.#frame.readUInt16LE(AT_HEADER_BYTES);
  }

  /** What the frame lies in. */
  get memory(): ArrayBuffer {
    return this.#frame.buffer;
  }

  get records(): Uint8Array<ArrayBuffer> {
    return this.#frame.subarray(this.#frame.readUInt16LE(AT_HEADER_BYTES));
  }

  get firstTimestampNs(): bigint {
    return this.#frame.readBigUInt64LE(AT_FIRST_STAMP);
  }

  get lastTimestampNs(): bigint {
    return this.#frame.readBigUInt64LE(AT_LAST_STAMP);
  }

  *[Symbol.iterator](): IterableIterator<FrameRecord> {
    const block = new RecordBlock(this.#frame);
    let at = this.#frame.readUInt16LE(AT_HEADER_BYTES);
    for (let index = 0; index < this.count; index += 1) {
      yield new FrameRecord(block, at);
      at += recordBytes(this.#frame, at);
    }
  }
}

function frameMemory(length: number, memory: ArrayBuffer | undefined): Buffer<ArrayBuffer> {
  if (memory !== undefined && memory.byteLength >= length) return Buffer.from(memory, 0, length);
  // Not from the pool: a store that keeps the frame would keep the pool, too.
  return Buffer.allocUnsafeSlow(length) as Buffer<ArrayBuffer>;
}

/** A checksum tells damage, not a writer that was wrong: nobody reads past the frame because of one. */
function checkRecords(frame: Buffer, { count, firstSequence }: FrameBatch): void {
  const numbers = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const lastHeader = frame.length - RECORD_HEADER_BYTES;
  let at = frame.readUInt16LE(AT_HEADER_BYTES);
  for (let index = 0; index < count; index += 1) {
    const sequence = firstSequence + index;
    const plain = at <= lastHeader ? plainRecordBytes(numbers, at, sequence) : 0;
    if (plain !== 0 && plain <= frame.length - at) {
      at += plain;
      continue;
    }
    const fault = faultOfRecord(frame, at, sequence);
    if (fault !== undefined) throw new FrameError(`the record at offset ${at} ${fault}`);
    at += recordBytes(frame, at);
  }
  if (at !== frame.length) throw new FrameError(`the ${count} records end at offset ${at} of ${frame.length} bytes`);
}

function checksumOf(frame: Buffer): number {
  const before = crc32(frame.subarray(0, AT_CHECKSUM));
  const zeroed = crc32(ZERO, before);
  return crc32(frame.subarray(AT_CHECKSUM + 4), zeroed);
}

const ZERO = Buffer.alloc(4);
