// Divides the places of a page among shards. Pure; the hop after is sequence-order.ts.
// Invariant: shares differ by one at most, so that no busy shard goes without while another has two.
import type { ShardReader } from './shard-reader.ts';

/**
 * Gives each reader its share of `places`, and the order in which they are served: the oldest heads first when `turn`
 * is even, around the circle of shards from `turn` on when it is odd. What does not divide goes to the first ones.
 * A shard whose stamps lie far ahead, or whose place in the circle is unlucky, gets its turn by the other rule; `turn`
 * follows from the cursor, so that pages of one event walk through all shards without a memory of their own.
 */
export function divide(readers: readonly ShardReader[], places: number, turn: number): readonly ShardReader[] {
  const count = readers.length;
  const each = Math.floor(places / count);
  const left = places - each * count;
  const first = Math.floor(turn / 2) % count;
  const circle = [...readers.slice(first), ...readers.slice(0, first)];
  const order = turn % 2 === 0 ? readers.toSorted(olderFirst) : circle;
  for (const [index, reader] of order.entries()) reader.share = index < left ? each + 1 : each;
  return order;
}

function olderFirst(a: ShardReader, b: ShardReader): number {
  if (a.headStamp !== b.headStamp) return a.headStamp < b.headStamp ? -1 : 1;
  return a.shard - b.shard;
}
