// The sparse index of a segment: one mark for each 64 KiB or so. Invariant: offsets, indexes and stamps never decrease.
//
//   mark  f64 offset of an entry | f64 index behind the entry before it | u64 newest stamp of the segment before it

import { readSafeUInt64 } from '../../frame/record.ts';
import { writeSafeUInt64 } from './entry.ts';

/** How far two marks lie apart at least, unless one entry is longer. */
export const MARK_EVERY_BYTES = 65_536;
const MARK_BYTES = 24;
const FIRST_CAPACITY = 16;

/** Where a search begins. */
export interface Mark {
  readonly offset: number;
  readonly index: number;
}

export class Marks {
  #count = 0;
  #places = new Float64Array(2 * FIRST_CAPACITY);
  #stamps = new BigUint64Array(FIRST_CAPACITY);

  get count(): number {
    return this.#count;
  }

  /** Whether an entry at this offset should have a mark. */
  wants(offset: number): boolean {
    return this.#count === 0 || offset - (this.#places[2 * this.#count - 2] as number) >= MARK_EVERY_BYTES;
  }

  add(offset: number, index: number, stampBeforeNs: bigint): void {
    if (this.#count === this.#stamps.length) this.#grow();
    this.#places[2 * this.#count] = offset;
    this.#places[2 * this.#count + 1] = index;
    this.#stamps[this.#count] = stampBeforeNs;
    this.#count += 1;
  }

  /** The last mark at or before an index; the first one when all lie behind it. */
  before(index: number): Mark {
    return this.#at(this.#firstWhere((nth) => (this.#places[2 * nth + 1] as number) > index) - 1);
  }

  /** The last mark before which all stamps are smaller; the first one when there is none such. */
  beforeTime(timestampNs: bigint): Mark {
    return this.#at(this.#firstWhere((nth) => (this.#stamps[nth] as bigint) >= timestampNs) - 1);
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * MARK_BYTES);
    for (let nth = 0; nth < this.#count; nth += 1) {
      writeSafeUInt64(bytes, this.#places[2 * nth] as number, nth * MARK_BYTES);
      writeSafeUInt64(bytes, this.#places[2 * nth + 1] as number, nth * MARK_BYTES + 8);
      bytes.writeBigUInt64LE(this.#stamps[nth] as bigint, nth * MARK_BYTES + 16);
    }
    return bytes;
  }

  static decode(bytes: Buffer): Marks {
    const marks = new Marks();
    for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES) {
      marks.add(readSafeUInt64(bytes, at), readSafeUInt64(bytes, at + 8), bytes.readBigUInt64LE(at + 16));
    }
    return marks;
  }

  #at(nth: number): Mark {
    const place = 2 * Math.max(0, nth);
    return { offset: this.#places[place] as number, index: this.#places[place + 1] as number };
  }

  #firstWhere(test: (nth: number) => boolean): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(): void {
    const places = new Float64Array(2 * this.#places.length);
    places.set(this.#places);
    this.#places = places;
    const stamps = new BigUint64Array(2 * this.#stamps.length);
    stamps.set(this.#stamps);
    this.#stamps = stamps;
  }
}
