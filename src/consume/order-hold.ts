// How far Timestamp order may go (C4): up to the oldest stamp that may still come from this bus. Pure but for the clock.
// Invariant: taken before the first read, every event that becomes readable later has a stamp at or above the bound,
// unless it comes from a lane that has held for longer than `maxHoldMs`, or from another writer.
import { nanosecondsOf } from '../util/environment.ts';
import type { PendingShard, PollSource } from './poll-source.ts';

/** Whether a shard belongs to the request. */
export type ShardTest = (shard: number) => boolean;

export interface OrderHold {
  /** Events below this stamp may be returned. */
  readonly boundNs: bigint;
  /** The shards with pending events that hold the order back. */
  readonly lanes: readonly PendingShard[];
}

export function takeHold(source: PollSource, asked: ShardTest): OrderHold {
  const wallMs = source.environment.wallMs();
  // The clock of the bus may stand where its last event was: later events will be younger than the wall clock now.
  source.adopt(nanosecondsOf(wallMs));
  // Not by the age of the stamp: the wall clock may be set back, or forward.
  const nowMs = source.environment.monotonicMs();
  const lanes = source.pending().filter(({ shard, sinceMs = nowMs }) => {
    return asked(shard) && nowMs - sinceMs < source.maxHoldMs;
  });
  let boundNs = source.lastTimestampNs() + 1n;
  for (const { oldestTimestampNs } of lanes) if (oldestTimestampNs < boundNs) boundNs = oldestTimestampNs;
  return { boundNs, lanes };
}

/** The shards whose pending events keep an event of this stamp back. */
export function holdersOf(hold: OrderHold, stampNs: bigint): number[] {
  return hold.lanes.filter((lane) => lane.oldestTimestampNs <= stampNs).map((lane) => lane.shard);
}
