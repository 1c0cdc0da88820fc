// A part of a batch as a batch of its own: what a store lacks of a repetition, or what it took before it failed.
import type { Batch } from '../adapter/contract.ts';
import { FrameBatch } from '../frame/batch.ts';
import { readStamp, recordBytes } from '../frame/record.ts';

/** `count` events of a batch after the first `skip`; copies them. `count` is 1 or more, and they must be there. */
export function cutBatch(batch: Batch, skip: number, count: number): FrameBatch {
  const { buffer, byteOffset, byteLength } = batch.records;
  const records = Buffer.from(buffer, byteOffset, byteLength);
  let at = 0;
  for (let nth = 0; nth < skip; nth += 1) at += recordBytes(records, at);
  let last = at;
  for (let nth = 1; nth < count; nth += 1) last += recordBytes(records, last);
  const end = last + recordBytes(records, last);
  const facts = {
    firstSequence: batch.firstSequence + skip,
    count,
    recordBytes: end - at,
    lostBefore: skip === 0 ? batch.lostBefore : 0,
    firstTimestampNs: readStamp(records, at),
    lastTimestampNs: readStamp(records, last),
  };
  return FrameBatch.drain({ shard: batch.shard, producer: batch.producer }, facts, (space) => {
    space.set(records.subarray(at, end));
  });
}
