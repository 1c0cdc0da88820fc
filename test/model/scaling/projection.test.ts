// The algebra behind the steadiness, over random figures: what an addition makes of the load does not remove, and what
// a removal makes of it does not add, even if all that was removed comes to one shard.
import { expect, test } from 'vitest';
import { type ScalingDecision, suggestScaling } from '../../../src/scaling/decision.ts';
import type { ShardLoad } from '../../../src/scaling/load.ts';
import type { ResolvedScaling } from '../../../src/scaling/policy.ts';
import { seededRandom } from '../../../src/testing/index.ts';
import { seedOf } from '../../support/seed.ts';
import { loadOf, POLICY, shardLoadOf } from '../../unit/scaling/support/made-samples.ts';

const RUNS = 5000;

function policyOf(random: () => number): ResolvedScaling {
  const [addFill, addBusy] = [random(), random()];
  const thresholds = { addFill, addBusy, removeFill: addFill * random(), removeBusy: addBusy * random() };
  return { ...POLICY, maxShards: 256, thresholds: { ...POLICY.thresholds, ...thresholds } };
}

function decide(shards: readonly ShardLoad[], policy: ResolvedScaling): ScalingDecision {
  return suggestScaling({ load: loadOf(shards), policy, lastChange: undefined, nowMs: 0 });
}

test('S3 after an addition at a steady, even load, fill and busy time are not such that shards are removed', () => {
  const random = seededRandom(seedOf('after an addition'));
  let additions = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const [shards, arrivals] = [1 + Math.floor(64 * random()), 1 + 3 * random()];
    const policy = policyOf(random);
    const [fill, busy] = [random(), random()];
    const each = { fill, busy, dispatchRate: 100, arrivalRate: 100 * arrivals };
    const loads = Array.from({ length: shards }, (_, shard) => shardLoadOf(shard, each));
    const decision = decide(loads, policy);
    if (decision.kind !== 'add-shards') continue;
    additions += 1;
    const share = shards / (shards + decision.count);
    const spread = Array.from({ length: shards + decision.count }, (_, shard) =>
      shardLoadOf(shard, { fill: fill * share, busy: busy * share, arrivalRate: each.arrivalRate * share }),
    );
    expect(decide(spread, policy).kind).not.toBe('remove-shards');
  }
  expect(additions).toBeGreaterThan(RUNS / 20);
});

test('S3 after a removal no shard is overloaded, even if all that was removed comes to one', () => {
  const random = seededRandom(seedOf('after a removal'));
  let removals = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const policy = policyOf(random);
    const highest = random() ** 3;
    const loads = Array.from({ length: 2 + Math.floor(30 * random()) }, (_, shard) =>
      shardLoadOf(shard, { fill: highest * random(), busy: highest * random(), arrivalRate: 100 * random() }),
    );
    const decision = decide(loads, policy);
    if (decision.kind !== 'remove-shards') continue;
    removals += 1;
    const removed = loads.filter(({ shard }) => decision.shards.includes(shard));
    const [fill, busy] = [total(removed, 'fill'), total(removed, 'busy')];
    const rest = loads.filter(({ shard }) => !decision.shards.includes(shard));
    for (const heir of rest) {
      const after = rest.map((each) =>
        each === heir
          ? { ...each, fill: each.fill + fill, peakFill: each.peakFill + fill, busy: each.busy + busy }
          : each,
      );
      expect(decide(after, policy).kind).not.toBe('add-shards');
    }
  }
  expect(removals).toBeGreaterThan(RUNS / 20);
});

function total(shards: readonly ShardLoad[], figure: 'fill' | 'busy'): number {
  return shards.reduce((sum, each) => sum + each[figure], 0);
}
