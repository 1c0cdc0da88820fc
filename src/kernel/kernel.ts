// The host of one kernel: the rings of a bus in one shared memory, and the only file that reads or writes it from
// outside. Invariant: no view of kernel memory leaves this folder. Hop before: stage.ts; hop after: the lanes.
import {
  ACCEPTED,
  BASE,
  CAPACITY,
  CLAIM_BYTES,
  CLAIM_FIRST_STAMP,
  CLAIM_LAST_STAMP,
  CLAIM_SEQUENCE,
  CLOCK_LAST,
  CORRUPT,
  DUE_BYTES,
  DUE_EVENTS,
  HEAD,
  HEAD_SEQUENCE,
  LAST_HASH,
  MAX_EVENT_BYTES,
  NEXT_SEQUENCE,
  NONE,
  RING_HEADER_BYTES,
  RING_HEADERS,
  ROUTES,
  SIZE,
  SLOTS,
  STAGE,
  STAGING,
  TAIL,
} from '../../kernel/layout.ts';
import { FrameBatch, type FrameOrigin } from '../frame/batch.ts';
import type { KernelCalls, KernelInstance } from './instance.ts';
import { type MemoryPlan, PAGE_BYTES, planMemory, type RingSizes } from './memory-plan.ts';
import { RETIRED_CALLS } from './retired-calls.ts';
import { keepInstance, takeInstance } from './spare-instance.ts';
import { Stage } from './stage.ts';

export interface KernelSizes extends RingSizes {
  /** How many rings there may ever be at once; address space is reserved for so many. @default rings */
  readonly maxRings?: number;
  /** The most events of one ring. */
  readonly ringCapacity: number;
  /** A ring is due when it holds so many events or bytes: a batch is full. */
  readonly dueEvents: number;
  readonly dueBytes: number;
}

/** What a drain may take. */
export interface DrainLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** The sequence after the last one that the adapter took: what lies between was lost. */
  readonly expectedSequence: number;
  /** Memory that the batch may lie in when it is large enough. */
  readonly memory?: ArrayBuffer | undefined;
}

const TWO_32 = 0x1_0000_0000;
const NOTHING = new Uint8Array(0);

export class Kernel {
  /** Replaced by `close` alone, as is the stage. */
  calls: KernelCalls;
  stage: Stage;
  #instance: KernelInstance | undefined;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #longs: BigUint64Array;
  readonly #sizes: KernelSizes;
  readonly #plan: MemoryPlan;
  /** Rings that the memory has room for, and those of them that are not open. */
  #rings: number;
  readonly #free: number[];

  /** No ring is open yet. */
  constructor(sizes: KernelSizes) {
    const { rings, maxRings = rings } = sizes;
    this.#sizes = sizes;
    this.#plan = planMemory(sizes);
    this.#instance = takeInstance(this.#plan.pages, planMemory({ ...sizes, rings: maxRings }).pages);
    const { memory, calls } = this.#instance;
    this.calls = calls;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#longs = new BigUint64Array(memory.buffer);
    this.#rings = rings;
    this.#free = Array.from({ length: rings }, (_, ring) => ring);
    this.stage = new Stage(this.#bytes, this.#plan.payload, sizes.maxEventBytes);
    this.#words[STAGE >> 2] = this.#plan.payload;
    this.#words[MAX_EVENT_BYTES >> 2] = sizes.maxEventBytes;
    new Uint16Array(memory.buffer, ROUTES, SLOTS).fill(NONE);
  }

  /** Makes sure that so many rings can be opened; false, with nothing changed, when the address space is too small. */
  reserve(count: number): boolean {
    const more = count - this.#free.length;
    if (more <= 0) return true;
    const memory = this.#instance?.memory;
    if (memory === undefined) return false;
    const rings = this.#rings + more;
    const { pages } = planMemory({ ...this.#sizes, rings });
    // A memory that another kernel has used may be longer than this one needs.
    const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0 && !grow(memory, missing)) return false;
    for (let ring = this.#rings; ring < rings; ring += 1) this.#free.push(ring);
    this.#rings = rings;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#longs = new BigUint64Array(memory.buffer);
    return true;
  }

  /** An empty ring whose sequences begin at 0: the lowest that is free. */
  openRing(): number {
    this.#free.sort((a, b) => a - b);
    const ring = this.#free.shift();
    if (ring === undefined) throw new Error('no ring is free: reserve one first');
    const { ringBytes, ringCapacity, dueEvents, dueBytes } = this.#sizes;
    const header = (RING_HEADERS + ring * RING_HEADER_BYTES) >> 2;
    this.#words.fill(0, header, header + (RING_HEADER_BYTES >> 2));
    this.#words[header + (BASE >> 2)] = this.#plan.firstRing + ring * ringBytes;
    this.#words[header + (SIZE >> 2)] = ringBytes;
    this.#words[header + (CAPACITY >> 2)] = ringCapacity;
    this.#words[header + (DUE_EVENTS >> 2)] = dueEvents;
    this.#words[header + (DUE_BYTES >> 2)] = dueBytes;
    return ring;
  }

  /** Gives an empty ring back that no route leads to; its memory is the next one's. */
  closeRing(ring: number): void {
    if (this.occupancy(ring) > 0) throw new Error(`ring ${ring} still holds events`);
    this.#free.push(ring);
  }

  /** Says which ring each of the 4,096 slots belongs to; NONE for none. */
  setRoutes(routes: Uint16Array): void {
    new Uint16Array(this.#bytes.buffer, ROUTES, SLOTS).set(routes);
  }

  occupancy(ring: number): number {
    return this.nextSequence(ring) - this.headSequence(ring);
  }

  bytesUsed(ring: number): number {
    return this.#long(ring, TAIL) - this.#long(ring, HEAD);
  }

  get ringBytes(): number {
    return this.#sizes.ringBytes;
  }

  get ringCapacity(): number {
    return this.#sizes.ringCapacity;
  }

  accepted(ring: number): number {
    return this.#long(ring, ACCEPTED);
  }

  nextSequence(ring: number): number {
    return this.#long(ring, NEXT_SEQUENCE);
  }

  /** The sequence of the oldest event in the ring, or the next one when it is empty. */
  headSequence(ring: number): number {
    return this.#long(ring, HEAD_SEQUENCE);
  }

  /** The stamp of the oldest event in the ring; 0 when it is empty. */
  headTimestampNs(ring: number): bigint {
    return BigInt.asUintN(64, this.calls.headStamp(ring));
  }

  /** The newest stamp given, nanoseconds since the Unix epoch. */
  lastTimestampNs(): bigint {
    return this.#longs[CLOCK_LAST >> 3] as bigint;
  }

  /** The two halves of the hash of the last offer or route. */
  lastHash(): { low: number; high: number } {
    return { low: this.#words[LAST_HASH >> 2] as number, high: this.#words[(LAST_HASH >> 2) + 1] as number };
  }

  /** Takes a batch off the ring into ordinary memory; undefined when it is empty. Throws when the ring is damaged. */
  drain(ring: number, origin: FrameOrigin, limits: DrainLimits): FrameBatch | undefined {
    const count = this.calls.claim(ring, limits.maxEvents, limits.maxBytes);
    if (count === CORRUPT) throw new Error(`the ring of shard ${origin.shard} holds an impossible record length`);
    if (count === 0) return undefined;
    const bytes = this.#words[CLAIM_BYTES >> 2] as number;
    const firstSequence = Number(this.#longs[CLAIM_SEQUENCE >> 3]);
    const batch = FrameBatch.drain(
      origin,
      {
        firstSequence,
        count,
        recordBytes: bytes,
        lostBefore: firstSequence - limits.expectedSequence,
        firstTimestampNs: this.#longs[CLAIM_FIRST_STAMP >> 3] as bigint,
        lastTimestampNs: this.#longs[CLAIM_LAST_STAMP >> 3] as bigint,
        memory: limits.memory,
      },
      (space) => this.#copyOut(ring, bytes, space),
    );
    this.calls.commit(ring, bytes, count);
    return batch;
  }

  /** Empties a ring without a look at its records; how many there were. */
  discard(ring: number): number {
    const count = this.occupancy(ring);
    this.calls.commit(ring, this.bytesUsed(ring), count);
    return count;
  }

  /**
   * Gives the memory back, for another kernel to use. The counters can still be read; nothing can be offered or drained
   * any more. Only once every ring is empty.
   */
  close(): void {
    if (this.#instance === undefined) return;
    // A copy: the memory is about to be another kernel's.
    this.#bytes = this.#bytes.slice(0, STAGING);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#longs = new BigUint64Array(this.#bytes.buffer);
    this.calls = RETIRED_CALLS;
    this.stage = new Stage(NOTHING, 0, 0);
    keepInstance(this.#instance);
    this.#instance = undefined;
  }

  #copyOut(ring: number, bytes: number, space: Uint8Array): void {
    const header = (RING_HEADERS + ring * RING_HEADER_BYTES) >> 2;
    const base = this.#words[header + (BASE >> 2)] as number;
    const { ringBytes } = this.#sizes;
    const offset = (this.#words[header + (HEAD >> 2)] as number) & (ringBytes - 1);
    const first = Math.min(bytes, ringBytes - offset);
    space.set(this.#bytes.subarray(base + offset, base + offset + first));
    if (first < bytes) space.set(this.#bytes.subarray(base, base + bytes - first), first);
  }

  #long(ring: number, field: number): number {
    const at = (RING_HEADERS + ring * RING_HEADER_BYTES + field) >> 2;
    return (this.#words[at] as number) + (this.#words[at + 1] as number) * TWO_32;
  }
}

/** False when the address space does not suffice. Views of the memory keep what they show. */
function grow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
