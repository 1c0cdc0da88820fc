// From a message of the stream to the events in it: one, or those of a frame. Single events are written into blocks as
// records, so that all readers of records read them, and nothing holds the client's memory.
// Invariant: a message that was not written in this format has no records and says why; it is never half believed.
import {
  MAX_META_BYTES,
  RECORD_FLAGS,
  RECORD_HASH,
  RECORD_HEADER_BYTES,
  RECORD_META_LENGTH,
  RECORD_SEQUENCE,
  RECORD_STAMP,
} from '../../../kernel/layout.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { FrameBatch, FrameError } from '../../frame/batch.ts';
import { metaFlags, writeMeta } from '../../frame/meta.ts';
import { recordBytes } from '../../frame/record.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { EventHeaders } from './event-headers.ts';
import { MessageRecord } from './message-record.ts';
import { latin1 } from './raw-message.ts';
import { fieldOf, nameOf, type StoredMessage } from './stored-message.ts';

const BLOCK_BYTES = 65_536;
const NO_META = new Uint8Array(0);

export class MessageReader {
  readonly #streamTag: string;
  readonly #headers = new EventHeaders();
  #block = new RecordBlock(Buffer.allocUnsafeSlow(0));
  #used = 0;
  #meta: Uint8Array = NO_META;
  #scratch: Uint8Array | undefined;

  constructor(streamTag: string) {
    this.#streamTag = streamTag;
  }

  /** Appends the events of a message. @throws AdapterError `Serialization` for one that can't be read */
  read(message: StoredMessage, records: MessageRecord[]): void {
    if (this.#headers.read(message.headers)) records.push(this.#event(message));
    else if (nameOf(message)?.isFrame === true) this.#frame(message, records);
    else throw unreadable(message, 'another program wrote it, or its headers are not whole');
  }

  #event({ data, streamSeq }: StoredMessage): MessageRecord {
    const { forgottenBefore, hashHigh, hashLow, lostBefore, producer, sequence, stampHigh, stampLow } = this.#headers;
    const flags = this.#readMeta();
    const meta = this.#meta;
    const metaLength = meta.length;
    const at = this.#reserve(Math.ceil((RECORD_HEADER_BYTES + metaLength + data.length) / 8) * 8);
    const { bytes, numbers } = this.#block;
    numbers.setUint32(at, data.length, true);
    numbers.setUint16(at + RECORD_META_LENGTH, metaLength, true);
    numbers.setUint16(at + RECORD_FLAGS, flags, true);
    setUint64(numbers, at + RECORD_SEQUENCE, Math.floor(sequence / 4_294_967_296), sequence % 4_294_967_296);
    setUint64(numbers, at + RECORD_STAMP, stampHigh, stampLow);
    setUint64(numbers, at + RECORD_HASH, hashHigh, hashLow);
    if (metaLength > 0) bytes.set(meta, at + RECORD_HEADER_BYTES);
    bytes.set(data, at + RECORD_HEADER_BYTES + metaLength);
    const source = {
      block: this.#block,
      streamSeq,
      count: 1,
      producer,
      lostBefore,
      forgottenBefore,
      streamTag: this.#streamTag,
    };
    return new MessageRecord(source, 1, at);
  }

  #frame(message: StoredMessage, records: MessageRecord[]): void {
    const batch = parseFrame(message);
    const block = Buffer.from(batch.records.buffer, batch.records.byteOffset, batch.records.byteLength);
    const headers = latin1(message.headers);
    const source = {
      block: new RecordBlock(block),
      streamSeq: message.streamSeq,
      count: batch.count,
      producer: batch.producer,
      lostBefore: Number(fieldOf(headers, 'Mb-Lost') ?? batch.lostBefore),
      forgottenBefore: Number(fieldOf(headers, 'Mb-Forgotten') ?? 0),
      streamTag: this.#streamTag,
    };
    for (let at = 0, nth = 1; nth <= batch.count; nth += 1) {
      records.push(new MessageRecord(source, nth, at));
      at += recordBytes(block, at);
    }
  }

  /** Makes `#meta` of what the headers say; which of key and headers are there. */
  #readMeta(): number {
    const { key, meta, pairs } = this.#headers;
    if (meta !== undefined) {
      this.#meta = meta.bytes;
      return meta.flags;
    }
    if (key === undefined && pairs === undefined) {
      this.#meta = NO_META;
      return 0;
    }
    this.#scratch ??= new Uint8Array(MAX_META_BYTES);
    this.#meta = this.#scratch.subarray(0, Math.max(0, writeMeta(this.#scratch, key, pairs)));
    return metaFlags(key, pairs);
  }

  /** Where a record of so many bytes goes. */
  #reserve(bytes: number): number {
    if (this.#used + bytes > this.#block.bytes.length) {
      this.#block = new RecordBlock(Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes)));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += bytes;
    return at;
  }
}

function parseFrame(message: StoredMessage): FrameBatch {
  try {
    return FrameBatch.parse(message.data as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (error instanceof FrameError) throw unreadable(message, error.message);
    throw error;
  }
}

function setUint64(numbers: DataView, at: number, high: number, low: number): void {
  numbers.setUint32(at, low, true);
  numbers.setUint32(at + 4, high, true);
}

function unreadable({ streamSeq }: StoredMessage, why: string): AdapterError {
  return new AdapterError('Serialization', `The message ${streamSeq} of the stream is no event of this bus: ${why}.`);
}
