// The kernel without its host, over memory that a test may damage: one call and one word at a time.
import * as layout from '../../kernel/layout.ts';
import { instantiateKernel, type KernelCalls } from '../../src/kernel/instance.ts';
import { PAGE_BYTES, planMemory } from '../../src/kernel/memory-plan.ts';

export interface BareSizes {
  readonly rings: number;
  readonly ringBytes: number;
  readonly ringCapacity: number;
  readonly maxEventBytes: number;
}

export class BareKernel {
  readonly calls: KernelCalls;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly payload: number;
  readonly firstRing: number;
  readonly sizes: BareSizes;

  constructor(sizes: BareSizes) {
    this.sizes = sizes;
    const plan = planMemory(sizes);
    const { memory, calls } = instantiateKernel(plan.pages);
    this.calls = calls;
    this.view = new DataView(memory.buffer, 0, plan.pages * PAGE_BYTES);
    this.bytes = new Uint8Array(memory.buffer);
    this.payload = plan.payload;
    this.firstRing = plan.firstRing;
    this.view.setUint32(layout.STAGE, plan.payload, true);
    this.view.setUint32(layout.MAX_EVENT_BYTES, sizes.maxEventBytes, true);
    for (let slot = 0; slot < layout.SLOTS; slot += 1) this.setSlot(slot, slot % sizes.rings);
    for (let ring = 0; ring < sizes.rings; ring += 1) this.#setUp(ring);
  }

  setSlot(slot: number, ring: number): void {
    this.view.setUint16(layout.ROUTES + slot * 2, ring, true);
  }

  /** Stages bytes as a payload; their length. */
  stage(payload: Uint8Array | string): number {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.bytes.set(bytes, this.payload);
    return bytes.length;
  }

  /** Stages bytes as key and headers; their length. */
  stageMeta(meta: Uint8Array): number {
    this.bytes.set(meta, this.payload - meta.length);
    return meta.length;
  }

  /** A field of a ring's header. */
  header(ring: number, field: number): number {
    return Number(this.view.getBigUint64(this.headerAt(ring) + field, true));
  }

  headerAt(ring: number): number {
    return layout.RING_HEADERS + ring * layout.RING_HEADER_BYTES;
  }

  baseOf(ring: number): number {
    return this.firstRing + ring * this.sizes.ringBytes;
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }

  long(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  #setUp(ring: number): void {
    const { ringBytes, ringCapacity } = this.sizes;
    const at = this.headerAt(ring);
    this.view.setUint32(at + layout.BASE, this.baseOf(ring), true);
    this.view.setUint32(at + layout.SIZE, ringBytes, true);
    this.view.setUint32(at + layout.CAPACITY, ringCapacity, true);
    this.view.setUint32(at + layout.DUE_EVENTS, ringCapacity, true);
    this.view.setUint32(at + layout.DUE_BYTES, ringBytes, true);
  }
}
