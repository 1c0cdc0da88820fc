// Under a steady load, whatever it is, advice that is followed comes to rest: shards are never added after a removal,
// and never removed after an addition while keys spread evenly.
import { expect, test } from 'vitest';
import { isOverloaded, type ScalingDecision, suggestScaling } from '../../../src/scaling/decision.ts';
import { ChangeWatch } from '../../../src/scaling/last-change.ts';
import { LoadWindow } from '../../../src/scaling/load.ts';
import type { ResolvedScaling } from '../../../src/scaling/policy.ts';
import { seededRandom } from '../../../src/testing/index.ts';
import { seedOf } from '../../support/seed.ts';
import { SimulatedBus, type SimulatedLoad } from './simulated-bus.ts';

const RUNS = Number(process.env.MESHBUS_SCALING_RUNS ?? 40);
const LENGTH_MS = 30_000;
const MODES = ['drop-oldest', 'drop-newest', 'block'] as const;

function policyOf(random: () => number): ResolvedScaling {
  const addFill = 0.3 + 0.5 * random();
  const addBusy = 0.7 + 0.3 * random();
  const thresholds = {
    addFill,
    addBusy,
    removeFill: addFill * random(),
    removeBusy: addBusy * random(),
    windowMs: 1000,
  };
  return { minShards: 1, maxShards: 32, automatic: true, cooldownMs: 2000 * random(), drainTimeoutMs: 1, thresholds };
}

interface Shape {
  readonly keyCount: number;
  /** 0 for keys that are alike; the first is the more frequent the higher it is. */
  readonly skew: number;
  /** How many lanes the load could keep busy, at most. */
  readonly lanes: number;
}

/** Adapters of all kinds: far or near, with a time per event or not, alone or shared; rings smaller and larger. */
function loadOf(random: () => number, { keyCount, skew, lanes }: Shape): SimulatedLoad {
  const ringCapacity = 2 ** Math.floor(4 + 8 * random());
  const maxEvents = Math.max(1, Math.round(ringCapacity * (0.2 + random())));
  const roundTripMs = 40 * random();
  const perEventMs = random() < 0.5 ? 0 : (40 * random()) / maxEvents;
  const capacityPerMs = maxEvents / Math.max(1, roundTripMs + perEventMs * maxEvents);
  const total = capacityPerMs * lanes * random() ** 3;
  const weights = Array.from({ length: keyCount }, (_, key) => 1 / (key + 1) ** skew);
  const sum = weights.reduce((a, b) => a + b, 0);
  const mode = MODES[Math.floor(3 * random())] ?? 'block';
  const keys = weights.map((weight) => (total * weight) / sum);
  const isShared = random() < 0.3;
  const maxDelayMs = Math.floor(5 * random());
  return { keys, roundTripMs, perEventMs, isShared, ringCapacity, maxEvents, maxDelayMs, mode, random };
}

/** What was done, and to how many shards, while all advice was followed. */
function follow(load: SimulatedLoad, policy: ResolvedScaling, shards: number): ScalingDecision[] {
  const bus = new SimulatedBus(load, shards);
  const window = new LoadWindow(policy.thresholds.windowMs);
  const changes = new ChangeWatch();
  const done: ScalingDecision[] = [];
  for (let atMs = 0; atMs <= LENGTH_MS; atMs += 1) {
    if (atMs % window.intervalMs === 0) {
      const observed = window.observe(bus.sample(), atMs);
      changes.observe(observed, { atMs, isOverloaded: observed.shards.some((shard) => isOverloaded(shard, policy)) });
      const decision = suggestScaling({ load: observed, policy, lastChange: changes.last, nowMs: atMs });
      if (decision.kind === 'add-shards') bus.add(decision.count);
      if (decision.kind === 'remove-shards') bus.remove(decision.shards);
      if (decision.kind !== 'none') done.push(decision);
    }
    bus.step();
  }
  return done;
}

function kindsOf(decisions: readonly ScalingDecision[]): string {
  return decisions.map(({ kind }) => (kind === 'add-shards' ? 'a' : 'r')).join('');
}

test('S3 under a steady load shards are never added again after a removal', () => {
  const seed = seedOf('steady load');
  const seen = { adding: 0, removing: 0 };
  for (let run = 0; run < RUNS; run += 1) {
    const random = seededRandom(seed + run);
    const shape = { keyCount: Math.ceil(1000 ** random()), skew: 1.5 * random(), lanes: run % 2 === 0 ? 64 : 0.01 };
    const load = loadOf(random, shape);
    const done = kindsOf(follow(load, policyOf(random), Math.ceil(16 * random())));
    expect([seed + run, done]).toEqual([seed + run, expect.stringMatching(/^a*r*$/)]);
    if (done.includes('a')) seen.adding += 1;
    if (done.includes('r')) seen.removing += 1;
  }
  expect(Math.min(seen.adding, seen.removing)).toBeGreaterThan(0);
}, 120_000);

test('S3 under a steady load of many keys shards are added or removed, never both', () => {
  const seed = seedOf('steady load of many keys');
  for (let run = 0; run < RUNS; run += 1) {
    const random = seededRandom(seed + run);
    const done = kindsOf(
      follow(
        loadOf(random, { keyCount: 2000, skew: 0, lanes: run % 2 === 0 ? 64 : 0.01 }),
        policyOf(random),
        Math.ceil(16 * random()),
      ),
    );
    expect([seed + run, done]).toEqual([seed + run, expect.stringMatching(/^(a*|r*)$/)]);
  }
}, 120_000);

test('S3 a load of many keys that round trips limit gets as many shards as it needs, and no more is asked for', () => {
  const random = seededRandom(seedOf('as many as it needs'));
  const keys = Array.from({ length: 2000 }, () => (1 / 2000) * 8 * (100 / 20));
  const adapter = { roundTripMs: 20, perEventMs: 0, isShared: false, maxDelayMs: 1, mode: 'drop-newest' as const };
  const load = { keys, ...adapter, ringCapacity: 200, maxEvents: 100, random };
  const policy = { ...policyOf(random), cooldownMs: 1000 };
  const thresholds = { addFill: 0.6, addBusy: 0.9, removeFill: 0.2, removeBusy: 0.5, windowMs: 1000 };
  const done = follow(load, { ...policy, thresholds }, 1);
  const shards = done.reduce((sum, each) => (each.kind === 'add-shards' ? sum + each.count : sum), 1);
  expect(kindsOf(done)).toMatch(/^a+$/);
  expect(shards).toBeGreaterThanOrEqual(8);
  expect(shards).toBeLessThanOrEqual(12);
});
