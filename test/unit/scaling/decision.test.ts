// What suggestScaling answers to a measured load: one limit a test.
import { expect, test } from 'vitest';
import { type ScalingQuestion, suggestScaling } from '../../../src/scaling/decision.ts';
import { loadOf, overloaded, POLICY, shardLoadOf } from './support/made-samples.ts';

function ask(given: Partial<ScalingQuestion> & Pick<ScalingQuestion, 'load'>) {
  return suggestScaling({ policy: POLICY, lastChange: undefined, nowMs: 100_000, ...given });
}

const FOUR = [0, 1, 2, 3];
const busyAt = (busy: number, fill = 0.05) => FOUR.map((shard) => shardLoadOf(shard, { busy, fill }));

test('S3 adds shards while round trips keep the lanes busy and the rings fill', () => {
  expect(ask({ load: loadOf(FOUR.map((shard) => overloaded(shard))) })).toMatchObject({
    kind: 'add-shards',
    count: 1,
    reason: 'overloaded',
    message:
      '4 of 4 shards are overloaded, such as shard 0 (busy 99 % of the time, ring 90 % full, at most 90 %, a batch takes 10 ms, 20 ms from when it is due).',
  });
});

test('S3 a decision has the figures behind it', () => {
  const load = loadOf(busyAt(0.3));
  const { figures } = ask({ load, lastChange: { atMs: 90_000, shardsBefore: 3 } });
  expect(figures).toEqual({
    active: 4,
    spanMs: 1000,
    sinceChangeMs: 10_000,
    minShards: 1,
    maxShards: 16,
    shards: load.shards,
  });
  expect(ask({ load }).figures).not.toHaveProperty('sinceChangeMs');
});

test.each([
  [1000, 1],
  [1500, 2],
  [2000, 4],
  [9000, 4],
])('adds as many shards as %i arrivals for 1000 served ask for, at most as many as there are', (arrivalRate, count) => {
  const load = loadOf(FOUR.map((shard) => overloaded(shard, { arrivalRate })));
  expect(ask({ load })).toMatchObject({ kind: 'add-shards', count });
  const policy = { ...POLICY, maxShards: 5 };
  expect(ask({ load, policy })).toMatchObject({ kind: 'add-shards', count: 1 });
});

test('S3 suggests nothing at maxShards, and says so', () => {
  const load = loadOf(FOUR.map((shard) => overloaded(shard)));
  const decision = ask({ load, policy: { ...POLICY, maxShards: 4 } });
  expect(decision).toMatchObject({ kind: 'none', reason: 'at-maximum' });
  expect(decision.message).toMatch(/maxShards is 4\.$/);
});

test('S3 a load of one key is skewed: more shards cannot divide it', () => {
  const others = [1, 2, 3].map((shard) => shardLoadOf(shard, { busy: 0.2, arrivalRate: 100, dispatchRate: 100 }));
  const decision = ask({ load: loadOf([overloaded(0, { arrivalRate: 201 }), ...others]) });
  expect(decision).toMatchObject({ kind: 'none', reason: 'skewed' });
  expect(decision.message).toContain('201 events/s come to shard 0, 100 events/s to a typical one');
  const spread = ask({ load: loadOf([overloaded(0, { arrivalRate: 200 }), ...others]) });
  expect(spread.kind).toBe('add-shards');
});

test('a single shard that is overloaded is not called skewed', () => {
  expect(ask({ load: loadOf([overloaded(0)]) })).toMatchObject({ kind: 'add-shards', count: 1 });
});

test.each([{ state: 'retrying' as const }, { state: 'wedged' as const }, { failures: 0.1 }, { longestMs: 400 }])(
  'S3 an adapter that fails or hangs (%j) changes nothing, however full rings are',
  (trouble) => {
    const load = loadOf([...FOUR.map((shard) => overloaded(shard)), overloaded(4, trouble)]);
    const decision = ask({ load });
    expect(decision).toMatchObject({ kind: 'none', reason: 'adapter-failing' });
    expect(decision.message).toContain('on 1 of 5 shards: shard 4 is');
    expect(ask({ load: loadOf([...busyAt(0), shardLoadOf(4, trouble)]) }).reason).toBe('adapter-failing');
  },
);

test('an attempt that failed now and then does not keep shards from being added', () => {
  const load = loadOf(FOUR.map((shard) => overloaded(shard, { failures: 0.05, longestMs: 100 })));
  expect(ask({ load }).kind).toBe('add-shards');
});

test('S3 says that an addition brought nothing, instead of adding more', () => {
  const load = loadOf(FOUR.map((shard) => overloaded(shard)));
  const lastChange = { atMs: 0, shardsBefore: 2, overloadedRate: 3999 };
  const decision = ask({ load, lastChange });
  expect(decision).toMatchObject({ kind: 'none', reason: 'no-gain' });
  expect(decision.message).toContain('From 2 to 4 shards');
  expect(ask({ load, lastChange: { ...lastChange, overloadedRate: 3200 } }).kind).toBe('add-shards');
  expect(ask({ load, lastChange: { atMs: 0, shardsBefore: 2 } }).kind).toBe('add-shards');
});

test('rings that fill up while lanes are free are bursts, which shards do not help', () => {
  for (const given of [
    { fill: 0.5, busy: 0.89 },
    { rejectRate: 1, busy: 1 },
  ]) {
    const decision = ask({ load: loadOf([...busyAt(0), shardLoadOf(4, given)]) });
    expect(decision).toMatchObject({ kind: 'none', reason: 'bursts' });
  }
});

test('S3 removes the emptiest shards, as many as the rest could carry', () => {
  const load = loadOf([...busyAt(0.2), shardLoadOf(8, { busy: 0.1 }), shardLoadOf(9), shardLoadOf(10)]);
  expect(ask({ load })).toMatchObject({ kind: 'remove-shards', shards: [10, 9, 8], reason: 'underused' });
});

test('of shards that do equally little, the one that has been idle for longest goes first', () => {
  const load = loadOf([0, 1, 2].map((shard) => shardLoadOf(shard, { idleMs: shard === 1 ? 500 : 400 })));
  expect(ask({ load })).toMatchObject({ kind: 'remove-shards', shards: [1] });
  const resting = load.shards.map(({ dispatchMs: _, roundTripMs: __, ...shard }) => shard);
  expect(ask({ load: loadOf(resting) }).message).toBe(
    'The rest of 3 shards can carry what the emptiest do; the emptiest is shard 1 (busy 0 % of the time, ring 0 % full, at most 0 %, idle for 500 ms).',
  );
});

test.each([
  [0.25, 0.1, 1],
  [0.26, 0.1, 0],
  [0.1, 0.1, 1],
  [0.1, 0.11, 0],
  [0.1, 0.05, 2],
])('S3 shards of which each is busy %f and full %f: %i may go', (busy, fill, count) => {
  const decision = ask({ load: loadOf(busyAt(busy, fill)) });
  if (count === 0) expect(decision).toMatchObject({ kind: 'none', reason: 'balanced' });
  else expect(decision).toMatchObject({ kind: 'remove-shards', shards: { length: count } });
});

test('S3 shards whose rings were full for a moment are kept, however empty they are on average', () => {
  const load = loadOf(busyAt(0.01).map((shard) => ({ ...shard, peakFill: 0.11 })));
  expect(ask({ load })).toMatchObject({ kind: 'none', reason: 'balanced' });
});

test('S3 never goes below minShards', () => {
  const load = loadOf(busyAt(0));
  expect(ask({ load, policy: { ...POLICY, minShards: 3 } })).toMatchObject({ shards: { length: 1 } });
  expect(ask({ load, policy: { ...POLICY, minShards: 4 } })).toMatchObject({ kind: 'none', reason: 'at-minimum' });
  expect(ask({ load: loadOf([shardLoadOf(0)]) })).toMatchObject({ kind: 'none', reason: 'balanced' });
});

test('S3 suggests no change within the cooldown of the last one', () => {
  for (const load of [loadOf(busyAt(0)), loadOf(FOUR.map((shard) => overloaded(shard)))]) {
    const lastChange = { atMs: 98_000, shardsBefore: 3 };
    const decision = ask({ load, lastChange });
    expect(decision).toMatchObject({ kind: 'none', reason: 'cooldown' });
    expect(decision.message).toContain('the last change is 2000 of 3000 ms old');
    expect(ask({ load, lastChange, nowMs: 101_000 }).kind).not.toBe('none');
  }
});

test('S3 waits for the first window, for young shards, and for those that are being removed', () => {
  const shards = FOUR.map((shard) => overloaded(shard));
  expect(ask({ load: loadOf(shards, { isComplete: false }) })).toMatchObject({ reason: 'warming-up' });
  expect(ask({ load: loadOf(shards, { young: [7] }) })).toMatchObject({ reason: 'warming-up' });
  expect(ask({ load: loadOf(shards, { draining: [5, 6] }) })).toMatchObject({ reason: 'changing' });
});
