// The scaler in manual time: when it looks, when it acts, what it tells, and that it never acts twice at once.
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/adapter/finding.ts';
import type { ResolvedScaling } from '../../../src/scaling/policy.ts';
import { Scaler } from '../../../src/scaling/scaler.ts';
import type { ShardSample } from '../../../src/scaling/shard-sample.ts';
import { ManualEnvironment } from '../../../src/testing/index.ts';
import { POLICY, sampleOf } from './support/made-samples.ts';

/** Shards that are all overloaded or all idle, since they are there. */
class World {
  readonly environment = new ManualEnvironment();
  readonly shards = new Map<number, number>();
  readonly calls: string[] = [];
  readonly told: Finding[] = [];
  readonly scaler: Scaler;
  isOverloaded = true;
  unfinished: readonly number[] = [];
  outcome: () => Promise<unknown> = async () => undefined;
  looks = 0;

  constructor(policy: Partial<ResolvedScaling> = {}, looks = true) {
    this.#grow(2);
    this.scaler = new Scaler({
      source: { sample: () => this.#sample() },
      policy: { ...POLICY, ...policy },
      looks,
      environment: this.environment,
      add: async (count) => {
        this.calls.push(`add ${count}`);
        await this.outcome();
        return this.#grow(count);
      },
      remove: async (shards) => {
        this.calls.push(`remove ${shards.join()}`);
        await this.outcome();
        for (const shard of shards) this.shards.delete(shard);
      },
      unfinished: () => this.unfinished,
      report: (finding) => this.told.push(finding),
    });
    this.scaler.start();
  }

  get kinds(): string[] {
    return this.told.map(({ kind }) => kind);
  }

  #grow(count: number): number[] {
    const first = Math.max(-1, ...this.shards.keys()) + 1;
    const added = Array.from({ length: count }, (_, index) => first + index);
    for (const shard of added) this.shards.set(shard, this.environment.monotonicMs());
    return added;
  }

  /** What a shard dispatches does not depend on how many there are: adding brings something. */
  #sample(): ShardSample[] {
    this.looks += 1;
    return [...this.shards].map(([shard, sinceMs]) => {
      const ageMs = this.isOverloaded ? this.environment.monotonicMs() - sinceMs : 0;
      const batches = Math.floor(ageMs / 10);
      return sampleOf(shard, { ingested: ageMs, dispatched: ageMs, batches, fillSum: batches, busyMs: ageMs });
    });
  }
}

test('S3 with automatic on, shards are added after a window, and again after the cooldown', async () => {
  const world = new World();
  await world.environment.advance(900);
  expect(world.calls).toEqual([]);
  await world.environment.advance(100);
  expect(world.calls).toEqual(['add 1']);
  expect(world.told).toEqual([{ kind: 'scaled-up', message: expect.stringMatching(/^Added: shard 2\. 2 of 2 /) }]);
  await world.environment.advance(3000);
  expect(world.calls.length).toBe(1);
  await world.environment.advance(200);
  expect(world.calls).toEqual(['add 1', 'add 1']);
});

test('S3 with automatic on, idle shards are removed down to minShards', async () => {
  const world = new World({ cooldownMs: 0, minShards: 1 });
  world.isOverloaded = false;
  await world.environment.advance(20_000);
  expect(world.calls).toEqual(['remove 1']);
  expect(world.told).toEqual([{ kind: 'scaled-down', message: expect.stringMatching(/^Removed: shard 1\. The rest/) }]);
  expect([...world.shards.keys()]).toEqual([0]);
});

test('S3 with automatic off, it only suggests', async () => {
  const world = new World({ automatic: false });
  await world.environment.advance(10_000);
  expect(world.calls).toEqual([]);
  expect(world.scaler.suggest()).toMatchObject({ kind: 'add-shards', count: 1 });
  expect([world.calls, world.told]).toEqual([[], []]);
});

test('without looks it measures from one question to the next', async () => {
  const world = new World({ automatic: false }, false);
  expect([world.environment.waiting, world.looks]).toEqual([0, 1]);
  await world.environment.advance(400);
  expect(world.scaler.suggest()).toMatchObject({ kind: 'none', reason: 'warming-up' });
  await world.environment.advance(600);
  expect(world.scaler.suggest()).toMatchObject({ kind: 'add-shards', figures: { spanMs: 1000 } });
  expect(world.looks).toBe(3);
});

test('a change by hand counts as one: its shards are young, and the cooldown begins', async () => {
  const world = new World({ cooldownMs: 3000 });
  await world.environment.advance(950);
  world.shards.set(9, world.environment.monotonicMs());
  await world.environment.advance(100);
  expect(world.scaler.suggest()).toMatchObject({ reason: 'warming-up', figures: { active: 3 } });
  await world.environment.advance(1000);
  expect(world.scaler.suggest()).toMatchObject({ reason: 'cooldown' });
  expect(world.calls).toEqual([]);
});

test('S3 changes never overlap, however long one takes', async () => {
  const world = new World({ cooldownMs: 0 });
  const ends: (() => void)[] = [];
  world.outcome = () => new Promise<void>((resolve) => ends.push(resolve));
  await world.environment.advance(20_000);
  expect([world.calls, world.told]).toEqual([['add 1'], []]);
  ends[0]?.();
  await world.environment.advance(3000);
  expect([world.calls.length, world.kinds]).toEqual([2, ['scaled-up']]);
});

test('S3 a change that fails is told with its cause, and tried again after the cooldown', async () => {
  const world = new World();
  const cause = new Error('no room');
  world.outcome = async () => {
    throw cause;
  };
  await world.environment.advance(3900);
  expect(world.calls.length).toBe(1);
  expect(world.told).toEqual([{ kind: 'scaling-failed', message: expect.stringMatching(/^Adding shards/), cause }]);
  await world.environment.advance(200);
  expect(world.calls.length).toBe(2);
});

test('S3 after stop nothing is looked at, changed or told, not even the end of a change', async () => {
  const world = new World();
  let end = (): void => undefined;
  world.outcome = () =>
    new Promise<void>((_, reject) => {
      end = () => reject(new Error('shutting down'));
    });
  await world.environment.advance(1000);
  world.scaler.stop();
  const { looks } = world;
  end();
  await world.environment.advance(60_000);
  expect([world.looks, world.calls, world.told]).toEqual([looks, ['add 1'], []]);
  expect(world.environment.waiting).toBe(0);
});

test('its timer does not keep the process alive', () => {
  const background: (boolean | undefined)[] = [];
  const environment = new ManualEnvironment();
  const after = environment.after.bind(environment);
  const watched = Object.assign(environment, {
    after(delayMs: number, call: () => void, inBackground?: boolean) {
      background.push(inBackground);
      return after(delayMs, call);
    },
  });
  const nothing = async (): Promise<never[]> => [];
  const scaler = new Scaler({
    source: { sample: () => [] },
    policy: POLICY,
    looks: true,
    environment: watched,
    add: nothing,
    remove: nothing,
    unfinished: () => [],
    report: () => undefined,
  });
  scaler.start();
  scaler.stop();
  expect(background).toEqual([true]);
});

test('S3 a shard whose removal has failed is removed once more, before anything else', async () => {
  const world = new World();
  world.unfinished = [1];
  world.outcome = async () => {
    if (world.calls.length === 1) throw new Error('the store is away');
    world.unfinished = [];
  };
  await world.environment.advance(100);
  expect([world.calls, world.kinds]).toEqual([['remove 1'], ['scaling-failed']]);
  await world.environment.advance(3000);
  expect([world.calls, world.kinds]).toEqual([
    ['remove 1', 'remove 1'],
    ['scaling-failed', 'scaled-down'],
  ]);
});
