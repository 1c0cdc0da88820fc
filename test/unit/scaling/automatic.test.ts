// A bus that follows its own advice, from load to shards and back, on an adapter whose round trip is the limit.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import type { FindingMessage } from '../../../src/bus/announcer.ts';
import { type AdapterFactory, type Batch, EventBus, noop, type ScalingOptions } from '../../../src/index.ts';
import { ManualEnvironment } from '../../../src/testing/index.ts';

const ROUND_TRIP_MS = 20;
const BATCH = 32;
const THRESHOLDS = { windowMs: 500 };

/** Takes a batch in 20 ms, whatever its size, as many side by side as there are lanes; or fails. */
function farAway(environment: ManualEnvironment, answer: { fails: boolean }): AdapterFactory {
  return {
    kind: 'far-away',
    create() {
      const adapter = noop().create();
      return Object.assign(adapter, {
        onBatch: (_batch: Batch) =>
          new Promise<void>((resolve, reject) => {
            const settle = (): void => (answer.fails ? reject(new Error('refused')) : resolve());
            environment.after(ROUND_TRIP_MS, settle);
          }),
      });
    },
  };
}

async function openBus(scaling: ScalingOptions, shards: number) {
  const environment = new ManualEnvironment();
  const answer = { fails: false };
  const options = { shards, ringCapacity: 2 * BATCH, batch: { maxEvents: BATCH }, scaling };
  const bus = await EventBus.create({ ...options, adapter: farAway(environment, answer) }, { environment });
  const told: FindingMessage[] = [];
  const listen = (message: unknown): void => void told.push(message as FindingMessage);
  subscribe('meshbus:finding', listen);
  let count = 0;
  return {
    bus,
    answer,
    told,
    /** Lets time pass while so many events come in each millisecond, with 500 keys or with one. */
    async run(ms: number, perMs: number, keys = 500) {
      for (let passed = 0; passed < ms; passed += 1) {
        for (let index = 0; index < perMs; index += 1) {
          bus.tryIngest(count, { key: `key ${count % keys}` });
          count += 1;
        }
        await environment.advance(1);
      }
    },
    async close() {
      unsubscribe('meshbus:finding', listen);
      const end = bus.shutdown();
      await environment.advance(1000);
      await end;
    },
  };
}

test('S3 an overloaded bus adds shards until they carry the load, and removes those that an idle one has to spare', async () => {
  const scaling = { automatic: true, maxShards: 12, cooldownMs: 500, thresholds: THRESHOLDS };
  const { bus, run, told, close } = await openBus(scaling, 1);
  await run(5000, 8);
  const grown = bus.stats.shards.length;
  // One lane carries 32 events in 20 ms, so that eight in a millisecond need five.
  expect(grown).toBeGreaterThanOrEqual(5);
  const before = bus.stats.eventsRejected;
  await run(1000, 8);
  expect(bus.stats.shards.length).toBe(grown);
  expect(bus.stats.eventsRejected - before).toBeLessThan(80);
  await run(10_000, 0);
  expect(bus.stats.shards.length).toBe(1);
  expect([...new Set(told.map(({ kind }) => kind))]).toEqual(['scaled-up', 'scaled-down']);
  expect((await bus.suggestScaling()).kind).toBe('none');
  await close();
});

test('S3 without automatic the advice is given and nothing changes', async () => {
  const { bus, run, told, close } = await openBus({ thresholds: THRESHOLDS }, 2);
  await run(1000, 8);
  expect(await bus.suggestScaling()).toMatchObject({ kind: 'add-shards', reason: 'overloaded', count: 2 });
  expect([bus.stats.shards.length, told]).toEqual([2, []]);
  await close();
});

test('S3 a load of one key is told as skewed, and adds nothing', async () => {
  const { bus, run, close } = await openBus({ automatic: true, thresholds: THRESHOLDS }, 4);
  await run(2000, 4, 1);
  expect(await bus.suggestScaling()).toMatchObject({ kind: 'none', reason: 'skewed' });
  expect(bus.stats.shards.length).toBe(4);
  await close();
});

test('S3 an outage adds nothing', async () => {
  const { bus, answer, run, close } = await openBus({ automatic: true, thresholds: THRESHOLDS }, 2);
  answer.fails = true;
  await run(2000, 8);
  expect(await bus.suggestScaling()).toMatchObject({ kind: 'none', reason: 'adapter-failing' });
  expect(bus.stats.shards.length).toBe(2);
  answer.fails = false;
  await close();
});
