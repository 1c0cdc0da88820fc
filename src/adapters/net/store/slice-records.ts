// What the records of a slice of a store say: sequences, stamps, and the frame that they make for the wire.
import { RECORD_SEQUENCE } from '../../../../kernel/layout.ts';
import { FrameBatch } from '../../../frame/batch.ts';
import { readSafeUInt64, readStamp, recordBytes } from '../../../frame/record.ts';
import type { FrameSlice } from '../../../frame-store/frame-store.ts';

/** The sequence of the first record. */
export function firstSequenceOf({ block, at }: FrameSlice): number {
  return readSafeUInt64(block, at + RECORD_SEQUENCE);
}

/** The stamps of the first and the last record. */
export function stampsOf({ block, at, count }: FrameSlice): { readonly firstNs: bigint; readonly lastNs: bigint } {
  let last = at;
  for (let nth = 1; nth < count; nth += 1) last += recordBytes(block, last);
  return { firstNs: readStamp(block, at), lastNs: readStamp(block, last) };
}

/** The first record of a slice whose stamp lies at or after a time: how many come before it; all when there is none. */
export function countBefore({ block, at, count }: FrameSlice, timestampNs: bigint): number {
  let place = at;
  for (let nth = 0; nth < count; nth += 1) {
    if (readStamp(block, place) >= timestampNs) return nth;
    place += recordBytes(block, place);
  }
  return count;
}

/** Which records of a slice become a frame. */
export interface FrameLimits {
  readonly skip: number;
  readonly maxBytes: number;
  /** Memory that it may lie in when that is large enough. */
  readonly memory?: ArrayBuffer | undefined;
}

/** A frame of the records of a slice after the first `skip`, as many as fit and at least one. */
export function frameOf(slice: FrameSlice, shard: number, { skip, maxBytes, memory }: FrameLimits): FrameBatch {
  const { block, producer } = slice;
  let start = slice.at;
  for (let nth = 0; nth < skip; nth += 1) start += recordBytes(block, start);
  let last = start;
  let end = start + recordBytes(block, start);
  let count = 1;
  while (skip + count < slice.count) {
    const bytes = recordBytes(block, end);
    if (end + bytes - start > maxBytes) break;
    last = end;
    end += bytes;
    count += 1;
  }
  const facts = {
    firstSequence: readSafeUInt64(block, start + RECORD_SEQUENCE),
    count,
    recordBytes: end - start,
    lostBefore: skip === 0 ? slice.lostBefore : 0,
    firstTimestampNs: readStamp(block, start),
    lastTimestampNs: readStamp(block, last),
    memory,
  };
  return FrameBatch.drain({ shard, producer }, facts, (space) => space.set(block.subarray(start, end)));
}
