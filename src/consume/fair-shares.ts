// Divides the places of a page among shards. Pure; the hop after is sequence-order.ts.
// Invariant: shares differ by one at most, so that no busy shard goes without while another has two.
import type { ShardReader } from './shard-reader.ts';

/**
 * Gives each reader its share of `places`. What does not divide goes to the oldest heads when `turn` is even, and
 * to the readers from `turn` on around the circle when it is odd: a shard whose stamps lie far ahead, or whose place
 * in the circle is unlucky, gets its turn by the other rule. `turn` follows from the cursor, so that pages of one
 * event walk through all shards without a memory of their own.
 */
export function divide(readers: readonly ShardReader[], places: number, turn: number): void {
  const count = readers.length;
  const each = Math.floor(places / count);
  const left = places - each * count;
  for (const reader of readers) reader.share = each;
  if (left === 0) return;
  const order = turn % 2 === 0 ? readers.toSorted(olderFirst) : readers;
  const from = turn % 2 === 0 ? 0 : Math.floor(turn / 2) % count;
  for (let index = 0; index < left; index += 1) {
    const reader = order[(from + index) % count] as ShardReader;
    reader.share += 1;
  }
}

function olderFirst(a: ShardReader, b: ShardReader): number {
  if (a.headStamp !== b.headStamp) return a.headStamp < b.headStamp ? -1 : 1;
  return a.shard - b.shard;
}
