// Where the events of one stream lie in the store of its shard: a place now and then, not each. Invariant: an event of the
// stream lies at a place or less than twice `spacing` indexes behind one; indexes, sequences and stamps rise from place to place.

/** How far two places of a stream lie apart at least, in indexes of the shard: what a search reads at most. */
const SPACING = 1024;
const NUMBERS_PER_PLACE = 3;

/** An event whose index is known. */
export interface Place {
  readonly index: number;
  readonly sequence: number;
}

export class StreamPlaces {
  /** Index, sequence and stamp (whole milliseconds) of each place, one behind the other. */
  #numbers: number[] = [];
  #spacing = SPACING;

  /** Memory that the places take, in bytes. */
  get bytes(): number {
    return this.#numbers.length * 8;
  }

  /** Takes note of an event, unless the last place is near. */
  add(index: number, sequence: number, stampNs: bigint): void {
    const last = this.#numbers.length - NUMBERS_PER_PLACE;
    if (last >= 0 && index - (this.#numbers[last] as number) < this.#spacing) return;
    this.#numbers.push(index, sequence, Number(stampNs / 1_000_000n));
  }

  /** The last place at or before a sequence; the first one when all lie behind it. */
  before(sequence: number): Place | undefined {
    return this.#at(this.#firstWhere((nth) => this.#number(nth, 1) > sequence) - 1);
  }

  /** The last place with a stamp in an earlier millisecond; the first one when there is none such. */
  beforeTime(stampMs: number): Place | undefined {
    return this.#at(this.#firstWhere((nth) => this.#number(nth, 2) >= stampMs) - 1);
  }

  /** Forgets the places of events below an index, but the last one of them. Tells the first that is left. */
  trim(index: number): Place | undefined {
    const keep = this.#firstWhere((nth) => this.#number(nth, 0) > index) - 1;
    if (keep > 0) this.#numbers.splice(0, keep * NUMBERS_PER_PLACE);
    return this.#at(0);
  }

  /** Forgets places that lie near another one: searches read twice as much. */
  thin(): void {
    this.#spacing *= 2;
    const kept: number[] = [];
    for (let at = 0; at < this.#numbers.length; at += NUMBERS_PER_PLACE) {
      const last = kept.at(-NUMBERS_PER_PLACE);
      if (last !== undefined && (this.#numbers[at] as number) - last < this.#spacing) continue;
      kept.push(...this.#numbers.slice(at, at + NUMBERS_PER_PLACE));
    }
    this.#numbers = kept;
  }

  #at(nth: number): Place | undefined {
    if (this.#numbers.length === 0) return undefined;
    const place = Math.max(0, nth);
    return { index: this.#number(place, 0), sequence: this.#number(place, 1) };
  }

  #number(nth: number, field: number): number {
    return this.#numbers[nth * NUMBERS_PER_PLACE + field] as number;
  }

  #firstWhere(test: (nth: number) => boolean): number {
    let low = 0;
    let high = this.#numbers.length / NUMBERS_PER_PLACE;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
