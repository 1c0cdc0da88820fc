// What is wrong with a store, as far as any adapter lets one see: whether it opens, whether each shard can be read, and
// whether its clock lies ahead. What lies in its files is the store's own inspection to tell. Nothing is written here.
import type { ShardInfo } from '../../adapter/contract.ts';
import type { StoreFault } from '../../adapter/store-fault.ts';
import { failureText } from '../failure.ts';
import { EVERYDAY } from '../finding-notices.ts';
import { OpenedStore } from '../opened-store.ts';
import type { Store } from '../store.ts';

const PAGE = { limit: 1000, maxBytes: 8 * 1024 * 1024 };
/** Stamps a little ahead are common between machines; the bus reports more than this, too. */
const CLOCK_DRIFT_MS = 60_000;

export interface Examination {
  readonly faults: readonly StoreFault[];
  /** Undefined when it could not be opened. */
  readonly shards: number | undefined;
  /** Events that were read to see whether they can be. */
  readonly eventsRead: number;
}

export interface ExamineOptions {
  /** Reads the first page of each shard alone, not every event. */
  readonly quick: boolean;
  readonly stop: AbortSignal;
  readonly nowMs: number;
}

export async function examine(store: Store, options: ExamineOptions): Promise<Examination> {
  let opened: OpenedStore;
  try {
    opened = await OpenedStore.open(store);
  } catch (error) {
    const remedy = 'see that the path and the permissions are right, and that this version made the store';
    const fault = { weight: 'fault', what: `it can't be opened: ${failureText(error)}`, remedy } as const;
    return { faults: [fault], shards: undefined, eventsRead: 0 };
  }
  try {
    const remedy =
      store.repairs === true
        ? '`meshbus doctor URL --repair` sets aside what can be set aside'
        : 'restore what is damaged from a copy';
    return await examineOpened(opened, { ...options, remedy });
  } finally {
    await opened.close();
  }
}

async function examineOpened(
  opened: OpenedStore,
  options: ExamineOptions & { readonly remedy: string },
): Promise<Examination> {
  const faults: StoreFault[] = [];
  const shards = await opened.shards(options.stop);
  let eventsRead = 0;
  for (const { shard } of shards) {
    try {
      eventsRead += await readShard(opened, shard, options);
    } catch (error) {
      options.stop.throwIfAborted();
      faults.push({
        weight: 'fault',
        what: `shard ${shard} can't be read: ${failureText(error)}`,
        remedy: `the other shards are readable; ${options.remedy}`,
      });
    }
  }
  faults.push(...clockFaults(shards, options.nowMs));
  for (const { kind, message } of opened.findings) {
    if (EVERYDAY.has(kind)) continue;
    faults.push({ weight: 'note', what: `${kind}: ${message}`, remedy: 'nothing, unless it happens again' });
  }
  return { faults, shards: shards.length, eventsRead };
}

async function readShard(opened: OpenedStore, shard: number, { quick, stop }: ExamineOptions): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    stop.throwIfAborted();
    const page = await opened.guard.pollShard(shard, { ...PAGE, after, signal: stop });
    count += page.records.length;
    if (quick || !page.hasMore || page.next === after) return count;
    after = page.next;
  }
}

function clockFaults(shards: readonly ShardInfo[], nowMs: number): StoreFault[] {
  return shards.flatMap(({ shard, newestTimestampNs }) => {
    const aheadMs = newestTimestampNs === undefined ? 0 : Number(newestTimestampNs / 1_000_000n) - nowMs;
    if (aheadMs <= CLOCK_DRIFT_MS) return [];
    const what = `the newest event of shard ${shard} is stamped ${Math.round(aheadMs / 1000)} s ahead of this clock`;
    const remedy = 'see that the clocks are right; stamps of new events go on above it until the clock has caught up';
    return [{ weight: 'note', what, remedy } as const];
  });
}
