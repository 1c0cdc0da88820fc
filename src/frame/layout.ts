// The frame: the one block of bytes in which a batch lives in memory, on disk and on the wire. Little-endian.
//
//  0 u32 magic "MBF1"      | 4 u16 version      | 6 u16 header bytes (producer and padding included)
//  8 u32 bytes of records  | 12 u32 count of records
// 16 u64 first sequence
// 24 u64 lost before       events dropped since the last frame that was taken
// 32 u64 first timestampNs | 40 u64 last timestampNs
// 48 u16 shard             | 50 u16 producer bytes | 52 u32 crc32 of header (this field as 0) and records
// 56 producer, UTF-8, padded with zeros to 8
// .. records, each as kernel/layout.ts draws it
//
// docs/reference/frame.md tells the same to people.

export const FRAME_MAGIC = 0x3146424d;
export const FRAME_VERSION = 1;
export const FRAME_HEADER_BYTES = 56;

export const AT_MAGIC = 0;
export const AT_VERSION = 4;
export const AT_HEADER_BYTES = 6;
export const AT_RECORD_BYTES = 8;
export const AT_COUNT = 12;
export const AT_FIRST_SEQUENCE = 16;
export const AT_LOST_BEFORE = 24;
export const AT_FIRST_STAMP = 32;
export const AT_LAST_STAMP = 40;
export const AT_SHARD = 48;
export const AT_PRODUCER_LENGTH = 50;
export const AT_CHECKSUM = 52;

/** The longest name of a producer, in bytes. */
export const MAX_PRODUCER_BYTES = 256;
