// Shards that go: out of routing at once, empty before they are gone, sealed, readable for ever.
import { expect, test } from 'vitest';
import { memory } from '../../../src/adapters/memory/index.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { fault } from '../../../src/testing/fault.ts';
import { faulty } from '../../../src/testing/fault-adapter.ts';
import { keysByShard, openBus, watch } from '../../support/open-bus.ts';
import { shardsOf } from '../../support/shards-of.ts';

const SMALL = { shards: 3, ringCapacity: 2048, maxEventBytes: 1024 };
const KEYS = Array.from({ length: 60 }, (_, nth) => `key-${nth}`);

test('S1 S2 a removed shard takes no event, its last ones are dispatched, and only its keys move', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  const before = shardsOf(bus, KEYS);
  const removing = bus.removeShards([1]);
  const pending = bus.stats.shards.find(({ shard }) => shard === 1);
  expect(pending?.state).toBe('draining');
  expect(pending?.eventsPending).toBeGreaterThan(0);
  const after = shardsOf(bus, KEYS);
  for (const key of KEYS) {
    if (before.get(key) === 1) expect([0, 2]).toContain(after.get(key));
    else expect(after.get(key)).toBe(before.get(key));
  }
  await removing;
  expect(bus.stats.shards.map(({ shard }) => shard)).toEqual([0, 2]);
  await bus.flush();
  expect(bus.stats).toMatchObject({ eventsIngested: 120, eventsDispatched: 120, eventsPending: 0 });
  const page = await bus.poll({ limit: 1000 });
  expect(page.events.length).toBe(120);
  expect(page.events.filter(({ shard }) => shard === 1).length).toBe(
    KEYS.filter((key) => before.get(key) === 1).length,
  );
  await bus.shutdown();
});

test('C2 C5 a cursor into a shard that goes reads on to its end, and then the shard costs it nothing', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  shardsOf(bus, KEYS);
  await bus.flush();
  const first = await bus.poll({ limit: 7 });
  await bus.removeShards([0, 2]);
  shardsOf(bus, KEYS);
  await bus.flush();
  const seen = new Set(first.events.map(({ id }) => id));
  let page = first;
  while (page.hasMore) {
    page = await bus.poll({ limit: 7, from: page.cursor });
    for (const { id } of page.events) seen.add(id);
  }
  expect(seen.size).toBe(120);
  const longer = page.cursor;
  await bus.addShards(2);
  await bus.removeShards([3, 4]);
  const last = await bus.poll({ limit: 7, from: longer });
  expect(last.events).toEqual([]);
  // Two more shards that are done and lie behind one another take no place of their own.
  expect(last.cursor.length - longer.length).toBeLessThanOrEqual(4);
  await bus.shutdown();
});

test('S2 a removed shard is sealed, and no bus ever writes to it again', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  await bus.removeShards([0]);
  expect(adapter.faults.count('sealShard')).toBe(1);
  expect(await bus.addShards(2)).toEqual([3, 4]);
  await bus.removeShards([3]);
  expect(await bus.addShards(1)).toEqual([5]);
  await bus.shutdown();
  const next = await EventBus.create({ ...SMALL, adapter });
  expect(next.stats.shards.map(({ shard }) => shard)).toEqual([1, 2, 4]);
  await next.shutdown();
});

test('S2 a shard that does not drain in time is named, stays out of routing, and goes when it can', async () => {
  const open = await openBus({ shards: 2, adapterTimeoutMs: 100_000 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  adapter.hold = true;
  bus.ingestRaw('stays', { key });
  await environment.turn();
  const removing = watch(bus.removeShards([0]));
  await environment.advance(30_000);
  expect(removing.error).toMatchObject({
    code: 'EBUS_SCALING_DRAIN_TIMEOUT',
    draining: [0],
    gone: [],
    timeoutMs: 30_000,
  });
  expect(bus.stats.shards.map(({ shard, state }) => [shard, state])).toEqual([
    [0, 'draining'],
    [1, 'active'],
  ]);
  await expect(bus.removeShards([0])).rejects.toMatchObject({ kind: 'AlreadyDraining', shards: [0] });
  bus.ingestRaw('goes elsewhere', { key });
  expect(bus.stats.shards[1]?.eventsPending).toBe(1);
  adapter.last.take();
  await environment.advance(1);
  expect(bus.stats.shards.map(({ shard }) => shard)).toEqual([1]);
  await expect(bus.removeShards([0])).rejects.toMatchObject({ kind: 'UnknownShard', shards: [0] });
});

test('what cannot be removed is refused with the numbers, and nothing else of the call is removed', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  await expect(bus.removeShards([0, 9])).rejects.toMatchObject({ kind: 'UnknownShard', shards: [9] });
  await expect(bus.removeShards([0, 1, 2])).rejects.toMatchObject({ kind: 'BelowMinimum', requested: 3, alive: 3 });
  const sparse = [0, 1];
  delete sparse[0];
  for (const wrong of [[], [1, 1], 1, undefined, ['1'], sparse]) {
    await expect(bus.removeShards(wrong as number[])).rejects.toMatchObject({ name: 'ScalingError' });
  }
  expect(bus.stats.shards.map(({ state }) => state)).toEqual(['active', 'active', 'active']);
  await bus.shutdown();
  await expect(bus.removeShards([0])).rejects.toMatchObject({ kind: 'ShuttingDown' });
});

test('two calls that remove the same shard: the second is refused, and the first goes on', async () => {
  const bus = await EventBus.create({ ...SMALL, adapter: memory() });
  shardsOf(bus, KEYS);
  const first = bus.removeShards([1]);
  await expect(bus.removeShards([1])).rejects.toMatchObject({ kind: 'AlreadyDraining' });
  await expect(bus.removeShards([0, 2])).rejects.toMatchObject({ kind: 'BelowMinimum', alive: 2 });
  await first;
  await bus.shutdown();
});

test('a shard that could not be sealed is still there, takes nothing, and can be removed once more', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  adapter.faults.sealShard = fault.once(fault.fail('Transient'));
  await expect(bus.removeShards([1])).rejects.toMatchObject({ code: 'EBUS_SCALING_ADAPTER', shards: [1] });
  expect(bus.stats.shards.map(({ state }) => state)).toEqual(['active', 'draining', 'active']);
  await bus.removeShards([1]);
  expect(bus.stats.shards.map(({ shard }) => shard)).toEqual([0, 2]);
  await bus.shutdown();
});

test('F2 a shutdown during a removal drains the shard with the others, and seals it', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  shardsOf(bus, KEYS);
  const removing = watch(bus.removeShards([1]));
  const account = await bus.shutdown();
  expect(account).toMatchObject({ eventsIngested: 60, eventsDispatched: 60, eventsDropped: 0 });
  expect(removing).toMatchObject({ settled: true, value: undefined });
  expect(removing.error).toBeUndefined();
  expect(adapter.faults.count('sealShard')).toBe(1);
});

test('F2 a shutdown that strands what a leaving shard still holds says so, and tells who removes', async () => {
  const open = await openBus({ shards: 2, adapterTimeoutMs: 100_000, shutdownTimeoutMs: 50 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  adapter.hold = true;
  bus.ingestRaw('a', { key });
  await environment.turn();
  bus.ingestRaw('b', { key });
  const removing = watch(bus.removeShards([0]));
  const shutdown = watch(bus.shutdown());
  await environment.advance(100);
  expect(shutdown.error).toMatchObject({ kind: 'Fatal' });
  expect(bus.stats.droppedByReason.stranded).toBe(2);
  expect(removing.settled).toBe(true);
  const { eventsDispatched, eventsDropped, eventsIngested } = bus.stats;
  expect(eventsDispatched + eventsDropped).toBe(eventsIngested);
});

test('F1 a flush tells once of what a shard lost that is gone meanwhile', async () => {
  const open = await openBus({ shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  adapter.hold = true;
  bus.ingestRaw('lost', { key });
  const removing = watch(bus.removeShards([0]));
  await environment.turn();
  adapter.last.fail(new TypeError('no'));
  await environment.advance(1);
  expect([removing.settled, bus.stats.shards.length]).toEqual([true, 1]);
  await expect(bus.flush()).rejects.toMatchObject({ counts: { dispatched: 0, dropped: { 'adapter-rejected': 1 } } });
  await expect(bus.flush()).resolves.toMatchObject({ dispatched: 0, dropped: { 'adapter-rejected': 0 } });
});

test('the last shard that works takes the keys of one that goes, not one that is wedged', async () => {
  const open = await openBus({ shards: 3 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const keys = await keysByShard(open);
  adapter.hold = true;
  bus.ingestRaw('never settles', { key: keys[1] });
  await environment.advance(1000);
  expect(bus.stats.shards[1]?.state).toBe('wedged');
  adapter.hold = false;
  await bus.removeShards([0]);
  expect(bus.tryIngestRaw('x', { key: keys[0] })).toBe('accepted');
  expect(bus.stats.shards.find(({ shard }) => shard === 2)?.eventsPending).toBe(1);
});
