// Samples and loads as a test wants them: idle, but for what it says.
import type { Load, ShardLoad } from '../../../../src/scaling/load.ts';
import type { ResolvedScaling } from '../../../../src/scaling/policy.ts';
import type { ShardSample } from '../../../../src/scaling/shard-sample.ts';

export const POLICY: ResolvedScaling = {
  minShards: 1,
  maxShards: 16,
  automatic: true,
  cooldownMs: 3000,
  drainTimeoutMs: 1000,
  thresholds: { addFill: 0.5, addBusy: 0.9, removeFill: 0.2, removeBusy: 0.5, windowMs: 1000 },
};

export function sampleOf(shard: number, given: Partial<ShardSample> = {}): ShardSample {
  const counters = { ingested: 0, dispatched: 0, refused: 0, evicted: 0, failures: 0, batches: 0 };
  return { shard, state: 'active', fill: 0, peakFill: 0, ...counters, fillSum: 0, waitMs: 0, busyMs: 0, ...given };
}

export function shardLoadOf(shard: number, given: Partial<ShardLoad> = {}): ShardLoad {
  const rates = { arrivalRate: 0, ingestRate: 0, dispatchRate: 0, rejectRate: 0 };
  const times = { longestMs: 0, idleMs: 0, dispatchMs: 20, roundTripMs: 10 };
  return {
    shard,
    state: 'active',
    fill: 0,
    peakFill: given.fill ?? 0,
    busy: 0,
    failures: 0,
    ...rates,
    ...times,
    ...given,
  };
}

/** A shard whose lane is the limit. */
export function overloaded(shard: number, given: Partial<ShardLoad> = {}): ShardLoad {
  return shardLoadOf(shard, { fill: 0.9, busy: 0.99, arrivalRate: 1000, dispatchRate: 1000, ...given });
}

export function loadOf(shards: readonly ShardLoad[], given: Partial<Load> = {}): Load {
  return { spanMs: 1000, isComplete: true, shards, young: [], draining: [], ...given };
}
