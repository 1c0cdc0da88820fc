// Fills a page in Timestamp order: one merge of all shards by stamp, up to the bound of order-hold.ts.
// Invariant (C4): no event is returned while an older one may still come from a shard that can hold the order back.
// It never waits for such a shard; the page ends there.
import { holdersOf, type OrderHold } from './order-hold.ts';
import type { PageRun, ReadingEnd } from './page-run.ts';
import { ReaderHeap } from './reader-heap.ts';
import type { ShardFailures } from './shard-failures.ts';
import type { ShardReader } from './shard-reader.ts';

export interface TimestampOptions {
  /** Taken before the first read. */
  readonly hold: OrderHold;
  /** The hold as it is now, after the stamps that were read are adopted. */
  readonly holdNow: (run: PageRun) => OrderHold;
  readonly failures: ShardFailures;
}

export async function readByTimestamp(run: PageRun, options: TimestampOptions): Promise<ReadingEnd> {
  await run.ask(run.readers);
  const heap = new ReaderHeap(run.readers);
  await merge(run, heap, options);
  const held = heldBy(run, heap.top, options);
  if (run.readers.some((reader) => options.failures.holds(reader))) {
    return { hasMore: false, heldShards: held, heldNs: undefined };
  }
  return proceed(run, options, held);
}

async function merge(run: PageRun, heap: ReaderHeap, { hold, failures }: TimestampOptions): Promise<void> {
  let dry = run.readers.filter((reader) => reader.isDry);
  let asked = true;
  while (!run.isOver) {
    while (dry.length > 0) {
      // A shard whose bytes for this page are used up: what it has next is unknown, so nothing younger may pass.
      if (!dry.every((reader) => run.mayAsk(reader))) return;
      await run.ask(dry);
      asked = true;
      for (const reader of dry) if (reader.head !== undefined) heap.push(reader);
      dry = dry.filter((reader) => reader.isDry);
    }
    if (asked && run.readers.some((reader) => failures.holds(reader))) return;
    asked = false;
    const reader = heap.top;
    if (reader === undefined || reader.headStamp >= hold.boundNs) return;
    run.builder.pass(reader);
    if (reader.head !== undefined) {
      heap.sink();
    } else {
      heap.pop();
      if (reader.isDry) dry = [reader];
    }
  }
}

/** The shards that kept this page from going on, ascending. */
function heldBy(run: PageRun, top: ShardReader | undefined, { hold, failures }: TimestampOptions): number[] {
  if (run.isOver) return [];
  const failing = run.readers.filter((reader) => failures.holds(reader)).map((reader) => reader.shard);
  const held = new Set(run.readers.some((reader) => reader.hasMore) ? failing : []);
  if (top !== undefined && top.headStamp >= hold.boundNs) {
    for (const shard of holdersOf(hold, top.headStamp)) held.add(shard);
  }
  return [...held].sort((a, b) => a - b);
}

/** Whether another poll now would bring something: exact, so that a dry shard is asked what it has next. */
async function proceed(run: PageRun, options: TimestampOptions, held: readonly number[]): Promise<ReadingEnd> {
  const { boundNs } = options.holdNow(run);
  const passable = (reader: ShardReader): boolean => reader.head !== undefined && reader.headStamp < boundNs;
  let hasMore = run.readers.some(passable);
  for (const reader of run.readers) {
    if (hasMore) break;
    if (!reader.isDry) continue;
    await run.peek(reader);
    hasMore = passable(reader) || reader.isDry;
  }
  if (hasMore && run.readers.some((reader) => options.failures.holds(reader))) hasMore = false;
  if (hasMore) return { hasMore, heldShards: held, heldNs: undefined };
  const first = oldest(run.readers);
  const heldShards = held.length > 0 || first === undefined || run.isOver ? held : [first.shard];
  return { hasMore, heldShards, heldNs: first?.headStamp };
}

function oldest(readers: readonly ShardReader[]): ShardReader | undefined {
  return new ReaderHeap(readers).top;
}
