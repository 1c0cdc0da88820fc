// In which order shards were appended to: what the whole store drops first. Invariant: runs of one shard are merged,
// and the counts add up to the events that are kept. Eight bytes a run, since a frame may hold one event.
//
//   runs  u32 shard | u32 count | u32 shard | u32 count ...   a ring of runs, the oldest at `head`

const FIRST_RUNS = 64;
const MOST_COUNT = 0xffff_ffff;

export class AppendOrder {
  #runs = new Uint32Array(2 * FIRST_RUNS);
  #head = 0;
  #size = 0;

  /** Tells of `count` events at the end of a shard. */
  push(shard: number, count: number): void {
    const last = this.#at(this.#size - 1);
    if (this.#size > 0 && this.#runs[last] === shard && this.#count(last) + count <= MOST_COUNT) {
      this.#runs[last + 1] = this.#count(last) + count;
      return;
    }
    if (2 * this.#size === this.#runs.length) this.#grow();
    const next = this.#at(this.#size);
    this.#runs[next] = shard;
    this.#runs[next + 1] = count;
    this.#size += 1;
  }

  /** The oldest run, or undefined when nothing is kept. */
  oldest(): { readonly shard: number; readonly count: number } | undefined {
    if (this.#size === 0) return undefined;
    const at = this.#at(0);
    return { shard: this.#runs[at] as number, count: this.#count(at) };
  }

  /** Takes `count` events, at most all, from the oldest run. */
  take(count: number): void {
    const at = this.#at(0);
    const rest = this.#count(at) - count;
    this.#runs[at + 1] = rest;
    if (rest > 0) return;
    this.#head = (this.#head + 1) % (this.#runs.length / 2);
    this.#size -= 1;
  }

  #at(nth: number): number {
    return (2 * (this.#head + nth)) % this.#runs.length;
  }

  #count(at: number): number {
    return this.#runs[at + 1] as number;
  }

  #grow(): void {
    const runs = new Uint32Array(2 * this.#runs.length);
    const front = this.#runs.subarray(2 * this.#head);
    runs.set(front);
    runs.set(this.#runs.subarray(0, 2 * this.#head), front.length);
    this.#runs = runs;
    this.#head = 0;
  }
}
