// One stored event as a reader gets it: a view into a block of the store. Invariant: one small object a record;
// position, producer and all else are made when they are asked for.
import type { StoredRecord } from '../adapter/contract.ts';
import { FrameRecord } from '../frame/record.ts';
import type { RecordBlock } from '../frame/record-block.ts';
import type { FrameSlice } from './frame-store.ts';
import { positionAt } from './position.ts';

/** A slice of a store, and its block as records are read from it. */
export interface RecordRun {
  readonly slice: FrameSlice;
  readonly block: RecordBlock;
}

export class StoredFrameRecord extends FrameRecord implements StoredRecord {
  readonly #run: RecordRun;
  readonly #nth: number;

  /** The `nth` record of a run, which begins at the offset `at` of its block. */
  constructor(run: RecordRun, nth: number, at: number) {
    super(run.block, at);
    this.#run = run;
    this.#nth = nth;
  }

  get position(): string {
    return positionAt(this.#run.slice.index + this.#nth + 1, this.#run.slice.tag) as string; // No record lies before the start.
  }

  get producer(): string {
    return this.#run.slice.producer;
  }

  get lostBefore(): number | undefined {
    return this.#nth === 0 && this.#run.slice.lostBefore > 0 ? this.#run.slice.lostBefore : undefined;
  }
}
