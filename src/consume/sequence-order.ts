// Fills a page in Sequence order: each shard as stored, one shard after the other, in rounds.
// Invariant (C3): in each round every shard that has something gets an equal share of the places that are left.
// A share is served in one run, not mixed by stamp: that is Timestamp order's work, and half of the cost of a page.
import { divide } from './fair-shares.ts';
import type { PageRun, ReadingEnd } from './page-run.ts';
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
  for (const reader of divide(ready, run.need, run.turn)) {
    if (run.isOver) return;
    if (reader.share > 0) run.builder.passRun(reader, reader.share);
  }
}
