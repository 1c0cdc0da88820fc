// The one map of kernel memory. Both sides import it: the kernel (AssemblyScript) and its host (TypeScript).
// Invariant: every offset is a multiple of 8, and everything the producer writes lies on other cache lines
// than what the consumer writes.
//
//        0  control      what the kernel tells its host about the last call, the clock, the limits
//     1024  routes       4,096 slots of u16: an index of a ring, or NONE
//    16384  ring headers 256 of 256 bytes
//    81920  staging      key and headers end where the payload begins, at STAGE: a payload always has the same address
//      ...  rings        each a power of two of bytes, wherever the host put it

// control
export const CLOCK_LAST = 0; // u64 ns, the last stamp given
export const CLOCK_OBSERVED = 8; // u64 ns, the newest wall clock the host has fed
export const STAGE = 16; // u32, where a staged payload begins; its meta lies right before it
export const MAX_EVENT_BYTES = 20; // u32, the longest payload
export const LAST_HASH = 24; // u64, the hash of the last offer
export const CLAIM_BYTES = 64; // u32, the range that the last claim named
export const CLAIM_SEQUENCE = 72; // u64, its first sequence
export const CLAIM_FIRST_STAMP = 80; // u64 ns
export const CLAIM_LAST_STAMP = 88; // u64 ns

// routes
export const ROUTES = 1024;
export const SLOTS = 4096;
export const NONE = 0xffff;

// ring headers
export const RING_HEADERS = 16384;
export const RING_HEADER_BYTES = 256;
export const MAX_RINGS = 256;
// line 0, the producer's
export const TAIL = 0; // u64, bytes ever appended; the offset in the ring is TAIL & (size - 1)
export const NEXT_SEQUENCE = 8; // u64
export const ACCEPTED = 16; // u64, events ever accepted
// line 1, the consumer's (the producer's when it evicts)
export const HEAD = 64; // u64, bytes ever freed
export const HEAD_SEQUENCE = 72; // u64; NEXT_SEQUENCE - HEAD_SEQUENCE events lie in the ring

// line 2, fixed
export const BASE = 128; // u32, where the ring begins
export const SIZE = 132; // u32, a power of two
export const CAPACITY = 136; // u32, the most events
export const DUE_EVENTS = 140; // u32, the occupancy at which a batch is full
export const DUE_BYTES = 144; // u32, the same in bytes

export const STAGING = 81920;

// record: u32 payload length | u16 meta length | u16 flags | u64 sequence | u64 timestampNs | u64 hash | meta | payload | pad to 8
export const RECORD_HEADER_BYTES = 32;
export const RECORD_META_LENGTH = 4;
export const RECORD_FLAGS = 6;
export const RECORD_SEQUENCE = 8;
export const RECORD_STAMP = 16;
export const RECORD_HASH = 24;

// meta: u16 key length | key | for each header: u16 name length | name | u16 value length | value
export const MAX_META_BYTES = 65535;
export const HAS_KEY = 1;
export const HAS_HEADERS = 2;
export const EVICT = 0x10000; // beside the flags of an offer, never stored: free the oldest records instead of returning FULL

export const STAGING_META = 65536; // bytes of staging before the payload

// what an offer returns: the ring's index with these bits
export const WAKE = 0x100; // accepted into an empty ring
export const DUE = 0x200; // accepted, and a batch has just become full
export const EVICTED = 0x400; // accepted, and older records were freed for it
export const ACCEPTED_MASK = 0x7ff;
export const FULL = 0x1000; // nothing changed
export const UNROUTED = 0x2000; // nothing changed
export const TOO_LARGE = 0x4000; // nothing changed: longer than the limits, or than the whole ring
export const CORRUPT = -1; // what claim and evict return for an impossible length in the ring; nothing changed
