// A ring as one would write it without a thought for speed: an array of events.
import { RECORD_HEADER_BYTES } from '../../kernel/layout.ts';
import { metaFlags } from '../../src/frame/meta.ts';

export interface RingSizes {
  readonly ringCapacity: number;
  readonly ringBytes: number;
  readonly maxEventBytes: number;
  readonly dueEvents: number;
  readonly dueBytes: number;
}

export interface ModelEvent {
  readonly payload: Uint8Array;
  readonly key: string | undefined;
  readonly pairs: readonly string[] | undefined;
  readonly hash: bigint;
}

export interface ModelRecord extends ModelEvent {
  readonly sequence: number;
}

export interface Accepted {
  readonly wake: boolean;
  readonly due: boolean;
  readonly evicted: number;
}

export class RingModel {
  readonly events: ModelRecord[] = [];
  nextSequence = 0;
  accepted = 0;
  #newestStamp = 0n;
  readonly #sizes: RingSizes;

  constructor(sizes: RingSizes) {
    this.#sizes = sizes;
  }

  get headSequence(): number {
    return this.nextSequence - this.events.length;
  }

  get bytes(): number {
    return this.events.reduce((sum, event) => sum + bytesOf(event), 0);
  }

  offer(event: ModelEvent, evict: boolean): Accepted | 'full' | 'too-large' {
    const { ringBytes, ringCapacity, dueEvents, dueBytes } = this.#sizes;
    const bytes = bytesOf(event);
    if (bytes > ringBytes) return 'too-large';
    let evicted = 0;
    while (this.events.length >= ringCapacity || this.bytes + bytes > ringBytes) {
      if (!evict) return 'full';
      evicted += this.evict();
    }
    const before = this.bytes;
    this.events.push({ ...event, sequence: this.nextSequence });
    this.nextSequence += 1;
    this.accepted += 1;
    const fills = before < dueBytes && this.bytes >= dueBytes;
    return { wake: this.events.length === 1, due: this.events.length === dueEvents || fills, evicted };
  }

  /** How many went. */
  evict(): number {
    return this.events.shift() === undefined ? 0 : 1;
  }

  drain(maxEvents: number, maxBytes: number): ModelRecord[] {
    const taken: ModelRecord[] = [];
    let bytes = 0;
    for (const event of this.events) {
      bytes += bytesOf(event);
      if (taken.length >= maxEvents || (taken.length > 0 && bytes > maxBytes)) break;
      taken.push(event);
    }
    this.events.splice(0, taken.length);
    return taken;
  }

  /** Stamps come out in the order in which they were given. @throws Error when they do not strictly increase */
  noteStamps(stamps: readonly bigint[]): void {
    for (const stamp of stamps) {
      if (stamp <= this.#newestStamp) throw new Error(`stamp ${stamp} after ${this.#newestStamp}`);
      this.#newestStamp = stamp;
    }
  }
}

function bytesOf(event: ModelEvent): number {
  return Math.ceil((RECORD_HEADER_BYTES + metaOf(event).length + event.payload.length) / 8) * 8;
}

/** The record as it has to lie in a frame, padding zero. */
export function recordOf(event: ModelRecord, timestampNs: bigint): Buffer {
  const meta = metaOf(event);
  const record = Buffer.alloc(bytesOf(event));
  record.writeUInt32LE(event.payload.length, 0);
  record.writeUInt16LE(meta.length, 4);
  record.writeUInt16LE(metaFlags(event.key, event.pairs), 6);
  record.writeBigUInt64LE(BigInt(event.sequence), 8);
  record.writeBigUInt64LE(timestampNs, 16);
  record.writeBigUInt64LE(event.hash, 24);
  record.set(meta, RECORD_HEADER_BYTES);
  record.set(event.payload, RECORD_HEADER_BYTES + meta.length);
  return record;
}

function metaOf({ key, pairs }: ModelEvent): Buffer {
  const texts = [...(key === undefined ? [] : [key]), ...(pairs ?? [])];
  return Buffer.concat(
    texts.map((text) => {
      const bytes = Buffer.from(text);
      return Buffer.concat([Buffer.of(bytes.length & 0xff, bytes.length >> 8), bytes]);
    }),
  );
}
