// The rest of a batch whose first events are stored already: a repetition that overlaps only partly.
import type { Batch } from '../adapter/contract.ts';
import { FrameBatch } from '../frame/batch.ts';
import { AT_HEADER_BYTES, AT_LAST_STAMP } from '../frame/layout.ts';
import { readStamp, recordBytes } from '../frame/record.ts';

/** A batch without its first `skip` events, 1 to `count - 1`. Copies what remains; `lostBefore` is 0. */
export function withoutFirst(batch: Batch, skip: number): FrameBatch {
  const frame = Buffer.from(batch.frame.buffer, batch.frame.byteOffset, batch.frame.byteLength);
  let at = frame.readUInt16LE(AT_HEADER_BYTES);
  for (let skipped = 0; skipped < skip; skipped += 1) at += recordBytes(frame, at);
  const facts = {
    firstSequence: batch.firstSequence + skip,
    count: batch.count - skip,
    recordBytes: frame.length - at,
    lostBefore: 0,
    firstTimestampNs: readStamp(frame, at),
    lastTimestampNs: frame.readBigUInt64LE(AT_LAST_STAMP),
  };
  return FrameBatch.drain({ shard: batch.shard, producer: batch.producer }, facts, (space) => {
    space.set(frame.subarray(at));
  });
}
