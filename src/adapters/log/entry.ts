// An entry of a segment: a header of its own, then the frame of a batch as it is. Little-endian.
// Invariant: entries of a segment follow one another, and each index is the one before plus its count and what was lost.
//
//  0 u32 magic "MBLE"  | 4 u32 bytes of the frame
//  8 u64 index of the first record: how many events of the shard existed before it, the lost ones too
// 16 u64 lost before   events that are missing between the entry before and this one
// 24 u32 tag           which opening of the log wrote it
// 28 u32 crc32 of 0 to 27, begun with the salt of store and shard: an entry that was moved is no entry
// 32 frame, as docs/reference/frame.md draws it
import { crc32 } from 'node:zlib';
import type { Batch } from '../../adapter/contract.ts';
import { readSafeUInt64 } from '../../frame/record.ts';

export const ENTRY_HEADER_BYTES = 32;
const ENTRY_MAGIC = 0x454c424d;
const AT_FRAME_BYTES = 4;
const AT_INDEX = 8;
const AT_LOST = 16;
const AT_TAG = 24;
const AT_CHECKSUM = 28;

/** What the header of an entry tells. */
export interface EntryHeader {
  readonly frameBytes: number;
  readonly index: number;
  readonly lost: number;
  readonly tag: number;
}

/** What the checksums of a shard begin with. */
export function entrySalt(storeId: string, shard: number): number {
  return crc32(`${storeId}/${shard}`);
}

/** The header for a batch. */
export function encodeEntryHeader(batch: Batch, place: Omit<EntryHeader, 'frameBytes'>, salt: number): Buffer {
  const header = Buffer.allocUnsafe(ENTRY_HEADER_BYTES);
  header.writeUInt32LE(ENTRY_MAGIC, 0);
  header.writeUInt32LE(batch.frame.length, AT_FRAME_BYTES);
  writeSafeUInt64(header, place.index, AT_INDEX);
  writeSafeUInt64(header, place.lost, AT_LOST);
  header.writeUInt32LE(place.tag, AT_TAG);
  header.writeUInt32LE(crc32(header.subarray(0, AT_CHECKSUM), salt), AT_CHECKSUM);
  return header;
}

/** The header at an offset that has 32 bytes behind it; undefined when none was written there. */
export function decodeEntryHeader(block: Buffer, at: number, salt: number): EntryHeader | undefined {
  if (block.readUInt32LE(at) !== ENTRY_MAGIC) return undefined;
  if (crc32(block.subarray(at, at + AT_CHECKSUM), salt) !== block.readUInt32LE(at + AT_CHECKSUM)) return undefined;
  return {
    frameBytes: block.readUInt32LE(at + AT_FRAME_BYTES),
    index: readSafeUInt64(block, at + AT_INDEX),
    lost: readSafeUInt64(block, at + AT_LOST),
    tag: block.readUInt32LE(at + AT_TAG),
  };
}

/** Writes a u64 that is known to stay below 2^53. */
export function writeSafeUInt64(target: Buffer, value: number, at: number): void {
  target.writeUInt32LE(value % 0x1_0000_0000, at);
  target.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}
