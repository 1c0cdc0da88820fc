// An entry of a whole batch as records. Invariant: a frame is believed only when its checksum is right.

import type { StoredRecord } from '../../adapter/contract.ts';
import { FrameBatch, FrameError } from '../../frame/batch.ts';
import { FrameRecord, readStamp, recordBytes } from '../../frame/record.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { damaged, type Entry } from './entry.ts';
import { positionText } from './entry-id.ts';

/** A frame that was read, and where it lies in its stream. */
export class FrameRun {
  readonly entry: Entry;
  readonly count: number;
  readonly #batch: FrameBatch;
  readonly block: RecordBlock;
  readonly #records: Buffer;

  /** @throws AdapterError `Serialization` for a frame that is damaged */
  constructor(entry: Entry, where: string) {
    // A copy of its own: what the client gives is a part of what came in with it.
    const bytes = new Uint8Array(entry.frame as Buffer);
    try {
      this.#batch = FrameBatch.parse(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      throw damaged(where, entry, `holds a frame that can't be read (${error.message})`);
    }
    // Not the bytes: the answer that they came with would be kept, too.
    this.entry = { ...entry, frame: undefined };
    this.count = this.#batch.count;
    const { buffer, byteOffset, byteLength } = this.#batch.records;
    this.#records = Buffer.from(buffer, byteOffset, byteLength);
    this.block = new RecordBlock(this.#records);
  }

  get firstTimestampNs(): bigint {
    return this.#batch.firstTimestampNs;
  }

  /** The records after the first `skip`, as many as fit; always one. */
  records(
    skip: number,
    room: { readonly records: number; readonly bytes: number; readonly one: boolean },
  ): PackedRecord[] {
    const records: PackedRecord[] = [];
    let at = 0;
    for (let nth = 0; nth < skip; nth += 1) at += recordBytes(this.#records, at);
    let bytes = 0;
    for (let nth = skip; nth < this.count && records.length < room.records; nth += 1) {
      bytes += this.#records.readUInt32LE(at);
      if (bytes > room.bytes && !(room.one && records.length === 0)) break;
      records.push(new PackedRecord(this, nth, at));
      at += recordBytes(this.#records, at);
    }
    return records;
  }

  /** How many events lie at or after a time, of the first such one on. */
  countFrom(timestampNs: bigint): number {
    let at = 0;
    for (let nth = 0; nth < this.count; nth += 1) {
      if (readStamp(this.#records, at) >= timestampNs) return this.count - nth;
      at += recordBytes(this.#records, at);
    }
    return 0;
  }

  positionOf(nth: number): string {
    const { index, ms } = this.entry;
    const left = this.count - nth - 1;
    return positionText(left === 0 ? { ms, index } : { ms, index, left }) as string; // Some event is before it.
  }

  get producer(): string {
    return this.#batch.producer;
  }
}

/** One event of a frame. */
export class PackedRecord extends FrameRecord implements StoredRecord {
  readonly #run: FrameRun;
  readonly #nth: number;

  constructor(run: FrameRun, nth: number, at: number) {
    super(run.block, at);
    this.#run = run;
    this.#nth = nth;
  }

  get position(): string {
    return this.#run.positionOf(this.#nth);
  }

  get producer(): string {
    return this.#run.producer;
  }

  get lostBefore(): number | undefined {
    return this.#nth === 0 ? this.#run.entry.dropped : undefined;
  }
}
