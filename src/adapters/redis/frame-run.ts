// An entry of a whole batch as records. Invariant: a frame is believed only when its checksum is right.
import { FrameBatch, FrameError } from '../../frame/batch.ts';
import { recordBytes } from '../../frame/record.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { damaged, type Entry } from './entry.ts';
import { positionText } from './entry-id.ts';
import { type RecordOrigin, RedisRecord } from './redis-record.ts';

/** A frame that was read, and where it lies in its stream. */
export class FrameRun implements RecordOrigin {
  readonly entry: Entry;
  readonly count: number;
  readonly #batch: FrameBatch;
  readonly #block: RecordBlock;
  readonly #records: Buffer;

  /** @throws AdapterError `Serialization` for a frame that is damaged */
  constructor(entry: Entry, where: string) {
    // A copy of its own: what the client gives is a part of what came in with it.
    const bytes = new Uint8Array(entry.frame as Buffer);
    try {
      this.#batch = FrameBatch.parse(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      throw damaged(where, entry.id, `holds a frame that can't be read (${error.message})`);
    }
    this.entry = { id: entry.id, ...(entry.dropped === undefined ? {} : { dropped: entry.dropped }), ...lostOf(entry) };
    this.count = this.#batch.count;
    const { buffer, byteOffset, byteLength } = this.#batch.records;
    this.#records = Buffer.from(buffer, byteOffset, byteLength);
    this.#block = new RecordBlock(this.#records);
  }

  get firstTimestampNs(): bigint {
    return this.#batch.firstTimestampNs;
  }

  /** The records after the first `skip`, as many as fit; always one. */
  records(
    skip: number,
    room: { readonly records: number; readonly bytes: number; readonly one: boolean },
  ): RedisRecord[] {
    const records: RedisRecord[] = [];
    let at = 0;
    for (let nth = 0; nth < skip; nth += 1) at += recordBytes(this.#records, at);
    let bytes = 0;
    for (let nth = skip; nth < this.count && records.length < room.records; nth += 1) {
      bytes += this.#records.readUInt32LE(at);
      if (bytes > room.bytes && !(room.one && records.length === 0)) break;
      records.push(new RedisRecord(this.#block, at, { origin: this, nth }));
      at += recordBytes(this.#records, at);
    }
    return records;
  }

  positionOf(nth: number): string {
    const { id } = this.entry;
    return positionText(nth + 1 === this.count ? id : { ...id, left: this.count - nth - 1 }) as string; // Some event is before it.
  }

  producerOf(): string {
    return this.#batch.producer;
  }

  droppedBefore(nth: number): number | undefined {
    return nth === 0 ? this.entry.dropped : undefined;
  }
}

function lostOf({ lost }: Entry): Pick<Entry, 'lost'> {
  return lost === undefined ? {} : { lost };
}
