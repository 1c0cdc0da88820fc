// A part of a batch as a batch of its own: what a store lacks of a repetition, or what it took before it failed.
import type { Batch } from '../adapter/contract.ts';
import { FrameBatch } from '../frame/batch.ts';
import { AT_HEADER_BYTES } from '../frame/layout.ts';
import { readStamp, recordBytes } from '../frame/record.ts';

/** `count` events of a batch after the first `skip`; copies them. `count` is 1 or more, and they must be there. */
export function cutBatch(batch: Batch, skip: number, count: number): FrameBatch {
  const frame = Buffer.from(batch.frame.buffer, batch.frame.byteOffset, batch.frame.byteLength);
  let at = frame.readUInt16LE(AT_HEADER_BYTES);
  for (let nth = 0; nth < skip; nth += 1) at += recordBytes(frame, at);
  let last = at;
  for (let nth = 1; nth < count; nth += 1) last += recordBytes(frame, last);
  const end = last + recordBytes(frame, last);
  const facts = {
    firstSequence: batch.firstSequence + skip,
    count,
    recordBytes: end - at,
    lostBefore: skip === 0 ? batch.lostBefore : 0,
    firstTimestampNs: readStamp(frame, at),
    lastTimestampNs: readStamp(frame, last),
  };
  return FrameBatch.drain({ shard: batch.shard, producer: batch.producer }, facts, (space) => {
    space.set(frame.subarray(at, end));
  });
}
