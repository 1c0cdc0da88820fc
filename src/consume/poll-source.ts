// What polling needs of a bus, and all that it may touch: the store through the guard, what is still pending, the clock.

import type { Finding } from '../adapter/finding.ts';
import type { AdapterGuard } from '../adapter/guard.ts';
import type { Environment } from '../util/environment.ts';

/** The oldest event of a shard that has not met its end. */
export interface PendingShard {
  readonly shard: number;
  readonly oldestTimestampNs: bigint;
  /** Since when it holds others back, in monotonic milliseconds; undefined when that has only just begun. */
  readonly sinceMs: number | undefined;
}

export interface PollSource {
  readonly guard: AdapterGuard;
  /** Names the store, see StoreInfo. */
  readonly storeId: string;
  readonly maxHoldMs: number;
  readonly maxClockDriftMs: number;
  readonly environment: Environment;
  /** Shards of this bus that may have history: all of them where the store does not list its shards. */
  shards(): readonly number[];
  /** Shards of this bus with pending events, each with its oldest stamp. */
  pending(): readonly PendingShard[];
  /** The newest stamp that this bus has given: every later event gets a greater one. */
  lastTimestampNs(): bigint;
  /** Lifts the clock above a stamp that was read. */
  adopt(timestampNs: bigint): void;
  report(finding: Finding): void;
  /** Calls after a batch of a shard was dispatched, for adapters that can't be watched; returns how to stop. */
  onDispatched(listener: (shard: number) => void): () => void;
  /** Aborts when the bus has shut down; the reason is an AdapterError of kind Shutdown. */
  readonly closed: AbortSignal;
}
