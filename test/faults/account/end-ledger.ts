// Every accepted event of a run and its one end, event by event. Invariant: an event is entered with its shard and
// sequence, ends once, and is never known to end before it was entered.
import { ok, strictEqual } from 'node:assert/strict';
import type { End } from '../../../src/shard/ends.ts';

export interface EndedEvent {
  readonly shard: number;
  readonly sequence: number;
  readonly end: End;
}

export class EndLedger {
  /** By shard, then by sequence. */
  readonly #ends = new Map<number, (End | undefined)[]>();
  /** The payload's number of events whose place is known. */
  readonly #ids = new Map<string, number>();
  readonly order: EndedEvent[] = [];

  /** A shard has accepted events up to a sequence. */
  accept(shard: number, accepted: number): void {
    const ends = this.#of(shard);
    while (ends.length < accepted) ends.push(undefined);
  }

  /** How many events each shard has accepted, of those that are gone too. */
  get accepted(): ReadonlyMap<number, number> {
    return new Map([...this.#ends].map(([shard, ends]) => [shard, ends.length]));
  }

  /** The event with this payload has this place. */
  place(shard: number, sequence: number, id: number): void {
    this.#ids.set(`${shard}/${sequence}`, id);
  }

  idAt(shard: number, sequence: number): number | undefined {
    return this.#ids.get(`${shard}/${sequence}`);
  }

  end(shard: number, first: number, count: number, end: End): void {
    const ends = this.#of(shard);
    ok(count > 0, `an empty range of ${end}`);
    for (let sequence = first; sequence < first + count; sequence += 1) {
      strictEqual(ends[sequence], undefined, `event ${shard}/${sequence} ended twice: ${ends[sequence]}, then ${end}`);
      ends[sequence] = end;
      this.order.push({ shard, sequence, end });
    }
  }

  endOf(shard: number, sequence: number): End | undefined {
    return this.#of(shard)[sequence];
  }

  /** Events that have been accepted, and those that have ended. */
  get sums(): { accepted: number; ended: number } {
    let accepted = 0;
    for (const ends of this.#ends.values()) accepted += ends.length;
    return { accepted, ended: this.order.length };
  }

  /** Sequences of a shard with an end, in order. */
  sequences(shard: number, ...wanted: readonly End[]): number[] {
    const found: number[] = [];
    this.#of(shard).forEach((end, sequence) => {
      if (end !== undefined && wanted.includes(end)) found.push(sequence);
    });
    return found;
  }

  #of(shard: number): (End | undefined)[] {
    let ends = this.#ends.get(shard);
    if (ends === undefined) {
      ends = [];
      this.#ends.set(shard, ends);
    }
    return ends;
  }
}
