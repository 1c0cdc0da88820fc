// Batches for those who test an adapter without a bus: real frames, as a drain of the kernel makes them.
// Invariant: sequences of a shard are contiguous and stamps strictly increase, over all batches of one maker.
import {
  MAX_META_BYTES,
  RECORD_FLAGS,
  RECORD_HASH,
  RECORD_HEADER_BYTES,
  RECORD_META_LENGTH,
  RECORD_SEQUENCE,
  RECORD_STAMP,
} from '../../kernel/layout.ts';
import type { Batch } from '../adapter/contract.ts';
import { FrameBatch } from '../frame/batch.ts';
import { metaFlags, writeMeta } from '../frame/meta.ts';

/** One event of a batch to make. A string is taken as UTF-8. */
export interface SampleEvent {
  readonly bytes: Uint8Array | string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly hash?: bigint;
}

export interface BatchMakerOptions {
  /** @default '00000000000000ff-0000000000000001' */
  readonly producer?: string;
  /** The stamp of the first event, nanoseconds since the Unix epoch. @default 1_700_000_000_000_000_000n */
  readonly firstTimestampNs?: bigint;
}

/**
 * Makes the batches of one producer.
 *
 * @example
 * ```ts
 * const maker = new BatchMaker();
 * const batch = maker.batch(0, ['one', 'two']);
 * ```
 */
export class BatchMaker {
  readonly producer: string;
  readonly #nextSequences = new Map<number, number>();
  readonly #lost = new Map<number, number>();
  #nextStampNs: bigint;

  constructor(options: BatchMakerOptions = {}) {
    this.producer = options.producer ?? '00000000000000ff-0000000000000001';
    this.#nextStampNs = options.firstTimestampNs ?? 1_700_000_000_000_000_000n;
  }

  /** The next events of a shard, one or more, as a batch. */
  batch(shard: number, events: readonly (SampleEvent | Uint8Array | string)[]): Batch {
    const firstSequence = this.#nextSequences.get(shard) ?? 0;
    const firstTimestampNs = this.#nextStampNs;
    const records = events.map((event, nth) =>
      encodeRecord(sample(event), { sequence: firstSequence + nth, timestampNs: firstTimestampNs + BigInt(nth) }),
    );
    const facts = {
      firstSequence,
      count: events.length,
      recordBytes: records.reduce((sum, record) => sum + record.length, 0),
      lostBefore: this.#lost.get(shard) ?? 0,
      firstTimestampNs,
      lastTimestampNs: firstTimestampNs + BigInt(events.length - 1),
    };
    this.#nextSequences.set(shard, firstSequence + events.length);
    this.#lost.delete(shard);
    this.#nextStampNs += BigInt(events.length);
    return FrameBatch.drain({ shard, producer: this.producer }, facts, (space) => {
      let at = 0;
      for (const record of records) {
        space.set(record, at);
        at += record.length;
      }
    });
  }

  /** Takes `count` sequences of a shard without a batch, as a drop by the bus does: the next batch says so. */
  lose(shard: number, count: number): void {
    this.#nextSequences.set(shard, (this.#nextSequences.get(shard) ?? 0) + count);
    this.#lost.set(shard, (this.#lost.get(shard) ?? 0) + count);
  }

  /** Goes back `count` sequences of a shard: the next batch repeats them, as a retry that overlaps does. */
  rewind(shard: number, count: number): void {
    this.#nextSequences.set(shard, (this.#nextSequences.get(shard) ?? 0) - count);
  }

  /** Lets time pass before the next event. */
  advance(ns: bigint): void {
    this.#nextStampNs += ns;
  }
}

function sample(event: SampleEvent | Uint8Array | string): SampleEvent {
  return typeof event === 'string' || event instanceof Uint8Array ? { bytes: event } : event;
}

function encodeRecord(event: SampleEvent, name: { sequence: number; timestampNs: bigint }): Buffer {
  const payload = typeof event.bytes === 'string' ? Buffer.from(event.bytes) : event.bytes;
  const meta = encodeMeta(event);
  const record = Buffer.alloc(Math.ceil((RECORD_HEADER_BYTES + meta.length + payload.length) / 8) * 8);
  record.writeUInt32LE(payload.length, 0);
  record.writeUInt16LE(meta.length, RECORD_META_LENGTH);
  record.writeUInt16LE(metaFlags(event.key, headerPairs(event)), RECORD_FLAGS);
  record.writeBigUInt64LE(BigInt(name.sequence), RECORD_SEQUENCE);
  record.writeBigUInt64LE(name.timestampNs, RECORD_STAMP);
  record.writeBigUInt64LE(event.hash ?? 0n, RECORD_HASH);
  record.set(meta, RECORD_HEADER_BYTES);
  record.set(payload, RECORD_HEADER_BYTES + meta.length);
  return record;
}

function encodeMeta(event: SampleEvent): Uint8Array {
  if (event.key === undefined && event.headers === undefined) return NO_META;
  const meta = new Uint8Array(MAX_META_BYTES);
  const length = writeMeta(meta, event.key, headerPairs(event));
  if (length < 0) throw new RangeError(`key and headers fill more than ${MAX_META_BYTES} bytes`);
  return meta.subarray(0, length);
}

function headerPairs(event: SampleEvent): readonly string[] | undefined {
  return event.headers === undefined ? undefined : Object.entries(event.headers).flat();
}

const NO_META = new Uint8Array(0);
