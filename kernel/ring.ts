// The byte ring: one producer appends whole records at TAIL, one consumer frees them at HEAD.
// Invariants: HEAD <= TAIL <= HEAD + size; both are multiples of 8 and only grow; a record may wrap at the
// end of the ring, a word never does; a call that returns FULL, TOO_LARGE or CORRUPT has changed nothing, but that an
// EVICT before a damaged record has freed the whole ones in front of it.
import { tick } from './clock';
import {
  ACCEPTED, BASE, CAPACITY, CLAIM_BYTES, CLAIM_FIRST_STAMP, CLAIM_LAST_STAMP, CLAIM_SEQUENCE, CORRUPT, DUE,
  DUE_BYTES, DUE_EVENTS, EVICT, EVICTED, FULL, HEAD, HEAD_SEQUENCE, NEXT_SEQUENCE, RECORD_HASH, RECORD_HEADER_BYTES,
  RECORD_META_LENGTH, RECORD_STAMP, RING_HEADERS, SIZE, STAGE, TAIL, TOO_LARGE, WAKE,
} from './layout';

// @ts-ignore: decorator
@inline
function headerOf(ring: u32): u32 {
  return RING_HEADERS + (ring << 8);
}

// @ts-ignore: decorator
@inline
function recordBytes(payload: u32, meta: u32): u64 {
  return (<u64>payload + <u64>meta + RECORD_HEADER_BYTES + 7) & ~7;
}

// @ts-ignore: decorator
@inline
function recordBytesAt(base: u32, mask: u64, position: u64): u64 {
  const at = base + <u32>(position & mask);
  return recordBytes(load<u32>(at), load<u16>(at, RECORD_META_LENGTH));
}

/** Copies `bytes` (a multiple of 8) from the staging area to one unbroken stretch of a ring. */
// @ts-ignore: decorator
@inline
function copyWords(to: u32, from: u32, bytes: u32): void {
  if (bytes > 512) {
    memory.copy(to, from, bytes);
    return;
  }
  const end = to + bytes;
  while (to + 16 <= end) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (to < end) store<u64>(to, load<u64>(from));
}

export function push(ring: u32, payload: u32, meta: u32, flags: u32, hash: u64): u32 {
  const header = headerOf(ring);
  const bytes = recordBytes(payload, meta);
  let tail = load<u64>(header, TAIL);
  const size = load<u32>(header, SIZE);
  const sequence = load<u64>(header, NEXT_SEQUENCE);
  let used = tail - load<u64>(header, HEAD);
  if (used == 0) {
    // An empty ring begins at its front again: a bus that keeps up touches little memory, whatever its rings can hold
    // (`endToEnd` in the micro bench).
    tail = (tail + size - 1) & ~(<u64>size - 1);
    store<u64>(header, tail, TAIL);
    store<u64>(header, tail, HEAD);
  }
  let count = <u32>(sequence - load<u64>(header, HEAD_SEQUENCE));
  while (count >= load<u32>(header, CAPACITY) || used + bytes > <u64>size) {
    if (bytes > <u64>size) return TOO_LARGE;
    if ((flags & EVICT) == 0 || evict(ring & 0xff) != 1) return (ring & 0xff) | FULL;
    ring |= EVICTED;
    used = tail - load<u64>(header, HEAD);
    count -= 1;
  }

  const base = load<u32>(header, BASE);
  const mask = size - 1;
  const offset = <u32>tail & mask;
  const lengths = <u64>payload | (<u64>meta << 32) | (<u64>(flags & 0xffff) << 48);
  const stage = load<u32>(STAGE) - meta;
  const body = <u32>bytes - RECORD_HEADER_BYTES;
  // The last word of the body is cut to what belongs to this event: staging still holds bytes of earlier ones.
  const spare = body - payload - meta;
  if (spare > 0) {
    const word = stage + body - 8;
    store<u64>(word, load<u64>(word) & (<u64>-1 >> (spare << 3)));
  }
  if (offset + <u32>bytes <= size) {
    const at = base + offset;
    store<u64>(at, lengths);
    store<u64>(at, sequence, 8);
    store<u64>(at, tick(), 16);
    store<u64>(at, hash, 24);
    copyWords(at + RECORD_HEADER_BYTES, stage, body);
  } else {
    store<u64>(base + offset, lengths);
    store<u64>(base + ((offset + 8) & mask), sequence);
    store<u64>(base + ((offset + 16) & mask), tick());
    store<u64>(base + ((offset + 24) & mask), hash);
    const start = (offset + RECORD_HEADER_BYTES) & mask;
    const first = min<u32>(body, size - start);
    memory.copy(base + start, stage, first);
    memory.copy(base, stage + first, body - first);
  }
  store<u64>(header, sequence + 1, NEXT_SEQUENCE);
  store<u64>(header, load<u64>(header, ACCEPTED) + 1, ACCEPTED);
  store<u64>(header, tail + bytes, TAIL);

  if (count == 0) ring |= WAKE;
  const dueBytes = <u64>load<u32>(header, DUE_BYTES);
  if (count + 1 == load<u32>(header, DUE_EVENTS) || (used < dueBytes && used + bytes >= dueBytes)) ring |= DUE;
  return ring;
}

/** Frees the oldest record; 1 when there was one, 0 when the ring was empty, CORRUPT when its length is impossible. */
export function evict(ring: u32): u32 {
  const header = headerOf(ring);
  const head = load<u64>(header, HEAD);
  const used = load<u64>(header, TAIL) - head;
  if (used == 0) return 0;
  const bytes = recordBytesAt(load<u32>(header, BASE), load<u32>(header, SIZE) - 1, head);
  if (bytes > used) return <u32>CORRUPT;
  store<u64>(header, head + bytes, HEAD);
  store<u64>(header, load<u64>(header, HEAD_SEQUENCE) + 1, HEAD_SEQUENCE);
  return 1;
}

/**
 * Names the range of whole records from the head, up to both limits; the first is always taken. Returns their
 * count (0 when empty) or CORRUPT, and leaves bytes, first sequence and first and last stamp in the control area.
 */
export function claim(ring: u32, maxEvents: u32, maxBytes: u32): u32 {
  const header = headerOf(ring);
  const head = load<u64>(header, HEAD);
  const used = load<u64>(header, TAIL) - head;
  const base = load<u32>(header, BASE);
  const size = load<u32>(header, SIZE);
  if (used > <u64>size) return <u32>CORRUPT;
  const mask: u64 = size - 1;
  let bytes: u64 = 0;
  let count: u32 = 0;
  let last = head;
  while (count < maxEvents && bytes < used) {
    const record = recordBytesAt(base, mask, head + bytes);
    if (record > used - bytes) return <u32>CORRUPT;
    if (count > 0 && bytes + record > <u64>maxBytes) break;
    last = head + bytes;
    bytes += record;
    count += 1;
  }
  // A damaged length that is possible by itself makes events and bytes run out at different records. (A producer on
  // a thread of its own would move one before the other: then TAIL has to be read again here.)
  const events = load<u64>(header, NEXT_SEQUENCE) - load<u64>(header, HEAD_SEQUENCE);
  if (<u64>count > events || (bytes == used) != (<u64>count == events)) return <u32>CORRUPT;
  store<u32>(CLAIM_BYTES, <u32>bytes);
  if (count > 0) {
    store<u64>(CLAIM_SEQUENCE, load<u64>(header, HEAD_SEQUENCE));
    store<u64>(CLAIM_FIRST_STAMP, stampAt(base, mask, head));
    store<u64>(CLAIM_LAST_STAMP, stampAt(base, mask, last));
  }
  return count;
}

/** Frees what a claim named, once the host has copied it. */
export function commit(ring: u32, bytes: u32, count: u32): void {
  const header = headerOf(ring);
  store<u64>(header, load<u64>(header, HEAD) + <u64>bytes, HEAD);
  store<u64>(header, load<u64>(header, HEAD_SEQUENCE) + <u64>count, HEAD_SEQUENCE);
}

/** The stamp of the oldest record, 0 when the ring is empty. */
export function headStamp(ring: u32): u64 {
  const header = headerOf(ring);
  const head = load<u64>(header, HEAD);
  if (head == load<u64>(header, TAIL)) return 0;
  return stampAt(load<u32>(header, BASE), load<u32>(header, SIZE) - 1, head);
}

// @ts-ignore: decorator
@inline
function stampAt(base: u32, mask: u64, position: u64): u64 {
  return load<u64>(base + <u32>((position + RECORD_STAMP) & mask));
}
