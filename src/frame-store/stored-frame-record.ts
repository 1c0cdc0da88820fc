// One stored event as a reader gets it: a view into a block of the store. Invariant: one small object a record;
// position, producer and all else are made when they are asked for.
import type { StoredRecord } from '../adapter/contract.ts';
import { FrameRecord } from '../frame/record.ts';
import type { FrameSlice } from './frame-store.ts';
import { positionAt } from './position.ts';

export class StoredFrameRecord extends FrameRecord implements StoredRecord {
  readonly #slice: FrameSlice;
  readonly #nth: number;

  /** The `nth` record of a slice, which begins at the offset `at` of its block. */
  constructor(slice: FrameSlice, nth: number, at: number) {
    super(slice.block, at);
    this.#slice = slice;
    this.#nth = nth;
  }

  get position(): string {
    return positionAt(this.#slice.index + this.#nth + 1, this.#slice.tag) as string; // No record lies before the start.
  }

  get producer(): string {
    return this.#slice.producer;
  }

  get lostBefore(): number | undefined {
    return this.#nth === 0 && this.#slice.lostBefore > 0 ? this.#slice.lostBefore : undefined;
  }
}
