// The shards that a cursor has done with: sealed, and read to the end. Kept as ranges, so that they cost next to nothing.
// Invariant: ranges are ascending and neither overlap nor touch, so that equal sets are written equally.

/** First and last shard of a range, both included. */
export type ShardRange = readonly [first: number, last: number];

export class ShardRanges {
  readonly ranges: readonly ShardRange[];

  constructor(ranges: readonly ShardRange[] = []) {
    this.ranges = ranges;
  }

  has(shard: number): boolean {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const [first, last] = this.ranges[middle] as ShardRange;
      if (shard < first) high = middle - 1;
      else if (shard > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** These shards and one more. */
  with(shard: number): ShardRanges {
    if (this.has(shard)) return this;
    const before = this.ranges.filter(([, last]) => last < shard - 1);
    const after = this.ranges.filter(([first]) => first > shard + 1);
    const touching = this.ranges.slice(before.length, this.ranges.length - after.length);
    const first = Math.min(shard, touching[0]?.[0] ?? shard);
    const last = Math.max(shard, touching.at(-1)?.[1] ?? shard);
    return new ShardRanges([...before, [first, last], ...after]);
  }
}
