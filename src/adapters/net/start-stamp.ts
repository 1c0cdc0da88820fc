// Where the clock of a start begins (T1): above all that earlier starts over this store have stamped. Invariant: what other
// nodes have stamped lifts it as on receipt, within the drift that the bus allows, or a wrong clock would spread by restarts.
import type { AdapterContext, StoreInfo } from '../../adapter/contract.ts';
import { JOURNAL_SHARD } from './store/journal.ts';
import type { StreamStore } from './store/stream-store.ts';

const NS_PER_MS = 1_000_000n;

/** What an open store tells, with the newest stamp of its own starts alone. */
export function withOwnStamp(info: StoreInfo, store: StreamStore, context: AdapterContext): StoreInfo {
  const { lastTimestampNs, ...rest } = info;
  if (lastTimestampNs === undefined) return info;
  const ownNs = ownNewest(store, context);
  return ownNs === 0n ? rest : { ...rest, lastTimestampNs: ownNs };
}

function ownNewest(store: StreamStore, { now, observe, report }: AdapterContext): bigint {
  // Each start writes a journal: its producers are those of this store.
  const own = new Set(store.frames.lastSequences?.(JOURNAL_SHARD)?.keys());
  let ownNs = 0n;
  let aheadNs = 0n;
  for (const streams of store.shards()) {
    for (const { producer, newestStampNs, endIndex } of streams.all()) {
      // Of a stream that retention took whole no more is known than the newest stamp of all that it took.
      if (own.has(producer) && endIndex > 0) {
        if (newestStampNs > ownNs) ownNs = newestStampNs;
      } else if (observe?.(newestStampNs) === false && newestStampNs > aheadNs) {
        aheadNs = newestStampNs;
      }
    }
  }
  if (aheadNs > 0n) {
    const aheadMs = Number((aheadNs - now()) / NS_PER_MS);
    const message = `Events of other nodes in the store have stamps up to ${aheadMs} ms ahead of the wall clock: check the clocks`;
    report({ kind: 'clock-ahead', message });
  }
  return ownNs;
}
