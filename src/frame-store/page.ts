// One page of a shard, read from a store of frames. Invariant: the gap, the records with their losses, and `next`
// together account for every index between the asked position and `next`. A page has one gap, before its records: it
// ends where the next one begins.
import type { Gap, ShardPage, ShardQuery } from '../adapter/contract.ts';
import { recordBytes } from '../frame/record.ts';
import { RecordBlock } from '../frame/record-block.ts';
import type { FrameSlice, FrameStore } from './frame-store.ts';
import { indexAfter, positionAt } from './position.ts';
import { StoredFrameRecord } from './stored-frame-record.ts';

/** Reads from a position on. @throws PositionError */
export async function readPage(store: FrameStore, shard: number, query: ShardQuery): Promise<ShardPage> {
  const start = indexAfter(store, shard, query.after);
  const { trimmedTo, end } = store.extent(shard) ?? { trimmedTo: 0, end: 0 };
  const lostTo = (index: number): number => store.lostTo?.(shard, index) ?? index;
  const gap = gapAt(shard, start, { trimmedTo, lostTo: lostTo(start) });
  const draft: Draft = { records: [], payloadBytes: 0, next: start + (gap?.count ?? 0), full: false };
  while (!draft.full && draft.next < end) {
    if (lostTo(draft.next) > draft.next) break;
    const slice = await readOn(store, shard, draft, query.signal);
    // Retention may have run while the store was read: the next page reports that gap.
    if (slice === undefined || slice.index - slice.lostBefore > draft.next) break;
    take(draft, slice, query);
  }
  const extent = store.extent(shard);
  const hasMore = draft.next < (extent?.end ?? 0);
  return {
    records: draft.records,
    next: positionAt(draft.next, store.tagAt?.(shard, draft.next)),
    hasMore,
    sealed: extent?.sealed === true && !hasMore,
    gap,
  };
}

/** What can't be read is told to whoever asks for it first: records before it are handed out. */
async function readOn(
  store: FrameStore,
  shard: number,
  draft: Draft,
  signal: AbortSignal,
): Promise<FrameSlice | undefined> {
  try {
    return await store.read(shard, draft.next, signal);
  } catch (error) {
    if (draft.records.length === 0) throw error;
    return undefined;
  }
}

interface Draft {
  readonly records: StoredFrameRecord[];
  payloadBytes: number;
  next: number;
  full: boolean;
}

function take(draft: Draft, slice: FrameSlice, query: ShardQuery): void {
  const { count } = slice;
  const block = new RecordBlock(slice.block);
  const run = { slice, block };
  let at = slice.at;
  for (let nth = 0; nth < count; nth += 1) {
    const payloadBytes = draft.payloadBytes + block.numbers.getUint32(at, true);
    const room = draft.records.length < query.limit && (payloadBytes <= query.maxBytes || draft.records.length === 0);
    if (!room) {
      draft.full = true;
      return;
    }
    draft.records.push(new StoredFrameRecord(run, nth, at));
    draft.payloadBytes = payloadBytes;
    draft.next = slice.index + nth + 1;
    at += recordBytes(slice.block, at);
  }
  draft.full = draft.records.length >= query.limit;
}

function gapAt(
  shard: number,
  start: number,
  { trimmedTo, lostTo }: { readonly trimmedTo: number; readonly lostTo: number },
): (Gap & { readonly count: number }) | undefined {
  if (start < trimmedTo) return { shard, reason: 'trimmed', count: trimmedTo - start };
  return start < lostTo ? { shard, reason: 'lost', count: lostTo - start } : undefined;
}
