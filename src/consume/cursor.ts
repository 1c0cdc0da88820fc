// A reader's place in a store: for each shard the position that was passed last. Read from the string of a request,
// moved by a page, written to the string of its response. Invariant: equal places are written as equal strings,
// however they were reached; the order, the filter and the shards of a request leave no trace in them.
import { ShardRanges } from './shard-ranges.ts';

/** What a shard of a cursor is set to: a position of the adapter, or done for good. */
export type ShardMark = { readonly position: string } | 'done';

export class Cursor {
  /** The greatest stamp that was passed; 0 at the start. Tells which events are late. */
  watermark = 0n;
  /** Events with a smaller stamp are skipped: set where an adapter cannot seek. */
  since: bigint | undefined;
  readonly #shards: number[] = [];
  readonly #positions: string[] = [];
  #done = new ShardRanges();

  /** The shards that have a position, ascending. */
  get shards(): readonly number[] {
    return this.#shards;
  }

  /** The positions, in the order of `shards`. */
  get positions(): readonly string[] {
    return this.#positions;
  }

  /** Shards that are sealed and read to the end. */
  get done(): ShardRanges {
    return this.#done;
  }

  /** The position of a shard; undefined where its history begins. */
  positionOf(shard: number): string | undefined {
    const at = this.#find(shard);
    return this.#shards[at] === shard ? this.#positions[at] : undefined;
  }

  set(shard: number, mark: ShardMark): void {
    if (mark === 'done') this.#finish(shard);
    else this.#place(shard, mark.position);
  }

  /** Takes ranges as they were read from a string. */
  setDone(done: ShardRanges): void {
    this.#done = done;
  }

  copy(): Cursor {
    const copy = new Cursor();
    copy.watermark = this.watermark;
    copy.since = this.since;
    copy.#shards.push(...this.#shards);
    copy.#positions.push(...this.#positions);
    copy.#done = this.#done;
    return copy;
  }

  #place(shard: number, position: string): void {
    const at = this.#find(shard);
    if (this.#shards[at] === shard) {
      this.#positions[at] = position;
      return;
    }
    this.#shards.splice(at, 0, shard);
    this.#positions.splice(at, 0, position);
  }

  #finish(shard: number): void {
    const at = this.#find(shard);
    if (this.#shards[at] === shard) {
      this.#shards.splice(at, 1);
      this.#positions.splice(at, 1);
    }
    this.#done = this.#done.with(shard);
  }

  /** Where the shard stands, or would have to be put in. */
  #find(shard: number): number {
    let low = 0;
    let high = this.#shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#shards[middle] as number) < shard) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
