// One event of a message, as a reader gets it. Invariant: its record lies in a block that nobody changes; where it lies in
// the stream is told by its message and its number in there.
import type { StoredRecord } from '../../adapter/contract.ts';
import { FrameRecord } from '../../frame/record.ts';
import type { RecordBlock } from '../../frame/record-block.ts';
import { placeText, tagOf } from './place.ts';

/** What the events of a message share. */
export interface MessageSource {
  readonly block: RecordBlock;
  readonly streamSeq: number;
  /** How many events the message holds. */
  readonly count: number;
  readonly producer: string;
  /** Events that are missing right before the first. */
  readonly lostBefore: number;
  /** Acknowledged events that the server has lost right before the first. */
  readonly forgottenBefore: number;
  readonly streamTag: string;
}

export class MessageRecord extends FrameRecord implements StoredRecord {
  readonly #source: MessageSource;
  readonly #nth: number;

  /** The `nth` record of a message, counted from 1, which begins at the offset `at` of its block. */
  constructor(source: MessageSource, nth: number, at: number) {
    super(source.block, at);
    this.#source = source;
    this.#nth = nth;
  }

  /** How much of the message lies up to and with this record: its number, `Infinity` for the last one. */
  get nth(): number {
    return this.#nth === this.#source.count ? Infinity : this.#nth;
  }

  get streamSeq(): number {
    return this.#source.streamSeq;
  }

  get producer(): string {
    return this.#source.producer;
  }

  get lostBefore(): number | undefined {
    const { lostBefore } = this.#source;
    return this.#nth === 1 && lostBefore > 0 ? lostBefore : undefined;
  }

  get forgottenBefore(): number {
    return this.#nth === 1 ? this.#source.forgottenBefore : 0;
  }

  get position(): string {
    const event = { nth: this.nth, sequence: this.sequence, producerTag: tagOf(this.producer) };
    return placeText({ streamSeq: this.streamSeq, event, streamTag: this.#source.streamTag });
  }
}
