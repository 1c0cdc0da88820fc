// Shards that come: all or none, routable when they are ready, and with their fair share of the keys.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { log } from '../../../src/adapters/log/index.ts';
import { memory } from '../../../src/adapters/memory/index.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { fault } from '../../../src/testing/fault.ts';
import { faulty } from '../../../src/testing/fault-adapter.ts';
import { feed, openBus, watch } from '../../support/open-bus.ts';
import { shardOf, shardsOf } from '../../support/shards-of.ts';

const SMALL = { shards: 2, ringCapacity: 64, maxEventBytes: 1024 };

test('S1 added shards take events, and what they store is polled', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  expect(await bus.addShards(2)).toEqual([2, 3]);
  for (let nth = 0; nth < 200; nth += 1) {
    bus.ingest(nth);
    if (nth % 50 === 49) await bus.flush();
  }
  expect(bus.stats.shards.map(({ shard, state }) => [shard, state])).toEqual([0, 1, 2, 3].map((id) => [id, 'active']));
  for (const { eventsDispatched } of bus.stats.shards) expect(eventsDispatched).toBeGreaterThan(20);
  const page = await bus.poll({ limit: 1000, ordering: 'timestamp' });
  expect(page.events.map((event) => event.json())).toEqual(Array.from({ length: 200 }, (_, nth) => nth));
  await bus.shutdown();
});

test('S1 adding one shard to N moves a fair share of the keys to it, and no other key', async () => {
  const keys = Array.from({ length: 3000 }, (_, nth) => `key-${nth}`);
  const bus = await EventBus.create({ shards: 1, ringCapacity: 16_384, maxEventBytes: 64 });
  for (let shards = 1; shards <= 12; shards += 1) {
    const before = shardsOf(bus, keys);
    const [added] = await bus.addShards(1);
    const after = shardsOf(bus, keys);
    const moved = keys.filter((key) => before.get(key) !== after.get(key));
    for (const key of moved) expect(after.get(key)).toBe(added);
    const fair = keys.length / (shards + 1);
    expect(Math.abs(moved.length - fair)).toBeLessThan(fair * 0.2);
    await bus.flush();
  }
  await bus.shutdown();
});

test('S1 the same shards after a restart have the same keys, when they came by adding', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meshbus-'));
  const keys = Array.from({ length: 300 }, (_, nth) => `key-${nth}`);
  const first = await EventBus.create({ ...SMALL, shards: 1, ringCapacity: 2048, adapter: log(folder) });
  await first.addShards(1);
  await first.addShards(3);
  const before = shardsOf(first, keys);
  await first.shutdown();
  const second = await EventBus.create({ ...SMALL, shards: 5, ringCapacity: 2048, adapter: log(folder) });
  expect(shardsOf(second, keys)).toEqual(before);
  await second.shutdown();
  await rm(folder, { recursive: true });
});

test('S1 a shard that cannot be prepared is not added, nor any that came with it', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  const before = shardsOf(bus, ['a', 'b', 'c']);
  adapter.faults.prepareShard = (nth) => (nth === 4 ? fault.fail('Connection') : undefined);
  await expect(bus.addShards(3)).rejects.toMatchObject({
    code: 'EBUS_SCALING_ADAPTER',
    shards: [2, 3, 4],
    cause: { kind: 'Connection' },
  });
  expect(bus.stats.shards.length).toBe(2);
  expect(shardsOf(bus, ['a', 'b', 'c'])).toEqual(before);
  adapter.faults.prepareShard = undefined;
  expect(await bus.addShards(3)).toEqual([2, 3, 4]);
  await bus.shutdown();
});

test('adding passes neither 256 shards nor maxMemoryBytes, and says the numbers', async () => {
  const many = await EventBus.create({ shards: 255, ringCapacity: 1, ringBytes: 256, maxEventBytes: 64 });
  await expect(many.addShards(2)).rejects.toMatchObject({ kind: 'AtMaximum', requested: 2, alive: 255, limit: 256 });
  expect(await many.addShards(1)).toEqual([255]);
  await many.shutdown();
  const tight = await EventBus.create({ ...SMALL, ringBytes: 4096, maxMemoryBytes: 4 * 4096 });
  expect(await tight.addShards(2)).toEqual([2, 3]);
  await expect(tight.addShards(1)).rejects.toMatchObject({ kind: 'Memory', neededBytes: 5 * 4096 });
  await tight.shutdown();
});

test.each([0, -1, 1.5, Number.NaN, '2', undefined, [1]])(
  'addShards(%j) is refused by what it expects',
  async (count) => {
    const bus = await EventBus.create(SMALL);
    await expect(bus.addShards(count as number)).rejects.toMatchObject({ code: 'EBUS_SCALING_INVALID_REQUEST' });
    expect(bus.stats.shards.length).toBe(2);
    await bus.shutdown();
  },
);

test('adds that come at once follow one another, and give every id once', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  const added = await Promise.all([bus.addShards(1), bus.addShards(2), bus.addShards(1)]);
  expect(added).toEqual([[2], [3, 4], [5]]);
  await bus.shutdown();
});

test('a shutdown refuses an add that is under way, and every later one', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  adapter.faults.prepareShard = fault.hang();
  const adding = watch(bus.addShards(1));
  const waiting = watch(bus.addShards(1));
  await bus.shutdown();
  await expect(bus.addShards(1)).rejects.toMatchObject({ kind: 'ShuttingDown' });
  expect([adding.error, waiting.error]).toMatchObject([{ kind: 'ShuttingDown' }, { kind: 'ShuttingDown' }]);
});

test('I5 waiters whose key moves go to its new shard, ahead of later events of the key', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2, batch: { maxEvents: 2, maxDelayMs: 0 } });
  await feed(open, 2);
  await feed(open, 2);
  const order: string[] = [];
  for (let nth = 0; nth < 40; nth += 1) {
    const key = `key-${nth % 10}`;
    void Promise.resolve(open.bus.ingestRaw(`${key}:${nth}`, { key })).then(() => order.push(`${key}:${nth}`));
  }
  expect(open.bus.stats.eventsWaiting).toBe(40);
  expect(await open.bus.addShards(1)).toEqual([1]);
  // Two found room in the new ring at once; the key of the first of them still waits with its later events.
  expect(order.length).toBe(2);
  const [first] = order as [string];
  expect(open.bus.tryIngestRaw('late', { key: first.slice(0, first.indexOf(':')) })).toBe('would-block');
  open.adapter.hold = false;
  for (const call of open.adapter.calls) call.take();
  await open.environment.advance(1000);
  expect(order.length).toBe(40);
  for (let key = 0; key < 10; key += 1) {
    const of = order.filter((text) => text.startsWith(`key-${key}:`)).map((text) => Number(text.split(':')[1]));
    expect(of).toEqual([...of].sort((a, b) => a - b));
  }
  expect(shardOf(open.bus, first.slice(0, first.indexOf(':')))).toBe(1);
});
