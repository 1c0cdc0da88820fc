// One stored event as a reader gets it: a view into a block that a page or a frame made. Invariant: position, producer
// and all else are made when they are asked for.
import type { StoredRecord } from '../../adapter/contract.ts';
import { FrameRecord } from '../../frame/record.ts';
import type { RecordBlock } from '../../frame/record-block.ts';

/** Where the records of a block come from. */
export interface RecordOrigin {
  positionOf(nth: number): string;
  producerOf(nth: number): string;
  droppedBefore(nth: number): number | undefined;
}

export class RedisRecord extends FrameRecord implements StoredRecord {
  readonly #origin: RecordOrigin;
  readonly #nth: number;

  /** The `nth` record of its origin, at an offset of the block. */
  constructor(block: RecordBlock, at: number, from: { readonly origin: RecordOrigin; readonly nth: number }) {
    super(block, at);
    this.#origin = from.origin;
    this.#nth = from.nth;
  }

  get position(): string {
    return this.#origin.positionOf(this.#nth);
  }

  get producer(): string {
    return this.#origin.producerOf(this.#nth);
  }

  get lostBefore(): number | undefined {
    return this.#origin.droppedBefore(this.#nth);
  }
}
