// Whether the events of a shard follow one another as their producers numbered them. Invariant: a jump that the events
// themselves explain (`lostBefore`) is none; any other is told, and the stream has to say why.
import type { MessageRecord } from './message-record.ts';

/** A record with something missing before it. */
export interface Jump {
  readonly record: MessageRecord;
  /** The last sequence of its producer before; undefined when none was seen. */
  readonly before: number | undefined;
  /** The record before it in the shard; undefined for the first. */
  readonly previous: MessageRecord | undefined;
}

export class Continuity {
  readonly #last = new Map<string, number>();
  #previous: MessageRecord | undefined;

  /** Takes the next record of the shard; a jump, if there is one before it. */
  take(record: MessageRecord): Jump | undefined {
    const { producer, sequence } = record;
    const before = this.#last.get(producer);
    const previous = this.#previous;
    this.#last.set(producer, Math.max(before ?? -1, sequence));
    this.#previous = record;
    const expected = sequence - (record.lostBefore ?? 0);
    const follows = before === undefined ? expected <= 0 && previous === undefined : expected <= before + 1;
    return follows ? undefined : { record, before, previous };
  }
}
