// What the header of a frame tells, read where the frame lies. Nothing is checked but that the header is there.
import {
  AT_COUNT,
  AT_FIRST_SEQUENCE,
  AT_FIRST_STAMP,
  AT_HEADER_BYTES,
  AT_LAST_STAMP,
  AT_PRODUCER_LENGTH,
  FRAME_HEADER_BYTES,
  MAX_PRODUCER_BYTES,
} from '../../frame/layout.ts';
import { readSafeUInt64 } from '../../frame/record.ts';

/** The longest header that a frame can have. */
export const LONGEST_FRAME_HEADER = FRAME_HEADER_BYTES + MAX_PRODUCER_BYTES;

export interface FrameHeaderFacts {
  readonly headerBytes: number;
  readonly count: number;
  readonly producer: string;
  readonly lastSequence: number;
  readonly firstStampNs: bigint;
  readonly lastStampNs: bigint;
}

/** Reads the header at an offset; undefined when the block ends within it. */
export function readFrameHeader(block: Buffer, at: number): FrameHeaderFacts | undefined {
  if (block.length - at < FRAME_HEADER_BYTES) return undefined;
  const producerBytes = block.readUInt16LE(at + AT_PRODUCER_LENGTH);
  const producerAt = at + FRAME_HEADER_BYTES;
  if (block.length - producerAt < producerBytes) return undefined;
  const count = block.readUInt32LE(at + AT_COUNT);
  return {
    headerBytes: block.readUInt16LE(at + AT_HEADER_BYTES),
    count,
    producer: block.toString('utf8', producerAt, producerAt + producerBytes),
    lastSequence: readSafeUInt64(block, at + AT_FIRST_SEQUENCE) + count - 1,
    firstStampNs: block.readBigUInt64LE(at + AT_FIRST_STAMP),
    lastStampNs: block.readBigUInt64LE(at + AT_LAST_STAMP),
  };
}
