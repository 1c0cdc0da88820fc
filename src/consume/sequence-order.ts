// Fills a page in Sequence order: each shard as stored, the shards fairly mixed, older events first within a round.
// Invariant (C3): in each round every shard that has something gets an equal share of the places that are left.
import { divide } from './fair-shares.ts';
import type { PageRun, ReadingEnd } from './page-run.ts';
import { ReaderHeap } from './reader-heap.ts';
import type { ShardReader } from './shard-reader.ts';

/** Reads until the page is full, its work is done, or nothing is left. Nothing holds this order back. */
export async function readInSequence(run: PageRun): Promise<ReadingEnd> {
  await run.ask(run.readers);
  for (;;) {
    const ready = run.readers.filter((reader) => reader.head !== undefined);
    if (ready.length > 0) serveRound(run, ready);
    if (run.isOver) break;
    const dry = run.readers.filter((reader) => run.mayAsk(reader));
    if (dry.length > 0) await run.ask(dry);
    else if (!run.readers.some((reader) => reader.head !== undefined)) break;
  }
  return { hasMore: run.readers.some((reader) => reader.hasMore), heldShards: [], heldNs: undefined };
}

function serveRound(run: PageRun, ready: readonly ShardReader[]): void {
  divide(ready, run.need, run.turn);
  const heap = new ReaderHeap(ready.filter((reader) => reader.share > 0));
  for (let reader = heap.top; reader !== undefined && !run.isOver; reader = heap.top) {
    if (run.builder.pass(reader)) reader.share -= 1;
    if (reader.head === undefined || reader.share === 0) heap.pop();
    else heap.sink();
  }
}
