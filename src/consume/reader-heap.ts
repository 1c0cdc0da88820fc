// Merges shards: a binary heap of readers by the stamp of their next record, then by shard.
// Invariant: `top` is the smallest; a reader whose head has changed is put in order by `sink` before `top` is read again.
import type { ShardReader } from './shard-reader.ts';

export class ReaderHeap {
  readonly #readers: ShardReader[] = [];

  /** Every reader of the list that has a record at hand. */
  constructor(readers: readonly ShardReader[]) {
    for (const reader of readers) if (reader.head !== undefined) this.push(reader);
  }

  /** The reader whose record comes next. */
  get top(): ShardReader | undefined {
    return this.#readers[0];
  }

  push(reader: ShardReader): void {
    const readers = this.#readers;
    let at = readers.push(reader) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = readers[above] as ShardReader;
      if (!precedes(reader, parent)) break;
      readers[at] = parent;
      at = above;
    }
    readers[at] = reader;
  }

  /** Takes the top out. */
  pop(): void {
    const last = this.#readers.pop();
    if (last === undefined || this.#readers.length === 0) return;
    this.#readers[0] = last;
    this.sink();
  }

  /** Puts the top in order after its head has changed. */
  sink(): void {
    const readers = this.#readers;
    const reader = readers[0] as ShardReader;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= readers.length) break;
      const right = below + 1;
      if (right < readers.length && precedes(readers[right] as ShardReader, readers[below] as ShardReader))
        below = right;
      const child = readers[below] as ShardReader;
      if (!precedes(child, reader)) break;
      readers[at] = child;
      at = below;
    }
    readers[at] = reader;
  }
}

function precedes(a: ShardReader, b: ShardReader): boolean {
  if (a.headStamp === b.headStamp) return a.shard < b.shard;
  return a.headStamp < b.headStamp;
}
