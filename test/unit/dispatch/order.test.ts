// Batches of a shard: their order, their size, their company.
import { expect, test } from 'vitest';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { feed, openBus } from '../../support/open-bus.ts';

test('D1 batches of a shard reach the adapter in order and one at a time', async () => {
  const open = await openBus({ batch: { maxEvents: 3, maxDelayMs: 0 } });
  const { adapter, environment } = open;
  await feed(open, 8);
  expect(adapter.seen).toEqual([[0, 0, 3]]);
  await environment.advance(50);
  expect(adapter.calls).toHaveLength(1);
  for (let nth = 0; nth < 3; nth += 1) {
    adapter.last.take();
    await environment.turn();
  }
  expect(adapter.seen).toEqual([
    [0, 0, 3],
    [0, 3, 3],
    [0, 6, 2],
  ]);
});

test('D1 shards run side by side', async () => {
  const open = await openBus({ shards: 4 });
  const { adapter, bus, environment } = open;
  await feed(open, 100);
  expect(adapter.calls.map(({ batch }) => batch.shard).sort()).toEqual([0, 1, 2, 3]);
  const slow = adapter.calls.find(({ batch }) => batch.shard === 2);
  for (const call of adapter.calls) if (call !== slow) call.take();
  await environment.turn();
  await feed(open, 100);
  expect(
    adapter.calls
      .slice(4)
      .map(({ batch }) => batch.shard)
      .sort(),
  ).toEqual([0, 1, 3]);
  expect(bus.stats.shards[2]?.eventsDispatched).toBe(0);
});

test('D1 while a batch is in flight the next one grows', async () => {
  const open = await openBus({ batch: { maxDelayMs: 0, maxEvents: 1000 } });
  await feed(open, 1);
  for (let nth = 0; nth < 5; nth += 1) await feed(open, 10);
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.adapter.seen).toEqual([
    [0, 0, 1],
    [0, 1, 50],
  ]);
});

test('D1 no batch exceeds maxBytes, but a single event always fits', async () => {
  const open = await openBus({ batch: { maxDelayMs: 0, maxBytes: 150 } });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  for (const length of [20, 20, 20, 900, 20]) bus.ingestRaw(Buffer.alloc(length));
  // Records of 56 bytes, and one of 936.
  await environment.advance(10);
  expect(adapter.seen).toEqual([
    [0, 0, 2],
    [0, 2, 1],
    [0, 3, 1],
    [0, 4, 1],
  ]);
});

test('D1 the adapter’s own limits hold as well', async () => {
  const open = await openBus();
  await open.bus.shutdown();
  const { adapter, environment } = open;
  adapter.hold = false;
  adapter.onInit = async () => ({ storeId: 's', maxBatchBytes: 100, maxEventBytes: 10 });
  const bus = await EventBus.create({ adapter: adapter.factory, shards: 1 }, { environment });
  expect(bus.tryIngestRaw(Buffer.alloc(11))).toBe('too-large');
  for (let nth = 0; nth < 4; nth += 1) bus.ingestRaw(Buffer.alloc(10));
  await environment.advance(10);
  expect(adapter.seen).toEqual([
    [0, 0, 2],
    [0, 2, 2],
  ]);
});

test('I1 ingest calls no adapter: lanes run from the event loop', async () => {
  const { adapter, bus, environment } = await openBus({ batch: { maxEvents: 1, maxDelayMs: 0 } });
  for (let nth = 0; nth < 100; nth += 1) bus.ingestRaw('x');
  expect(adapter.calls).toHaveLength(0);
  await environment.turn();
  expect(adapter.calls).toHaveLength(1);
});

test('I7 a producer that yields once per ring loses nothing to an adapter that answers at once', async () => {
  const options = { ringCapacity: 1024, ringBytes: 4_194_304, maxEventBytes: 4096, batch: { maxEvents: 16 } } as const;
  for (const backpressure of ['drop-oldest', 'drop-newest'] as const) {
    const { adapter, bus, environment } = await openBus({ ...options, backpressure });
    adapter.hold = false;
    const payload = new Uint8Array(3900);
    for (let turn = 0; turn < 5; turn += 1) {
      for (let nth = 0; nth < 1024; nth += 1) bus.tryIngestRaw(payload);
      await environment.turn();
    }
    expect(bus.stats.toJSON()).toMatchObject({ eventsIngested: 5120, eventsDispatched: 5120, eventsDropped: 0 });
  }
});

test('under block an adapter that answers at once gets a mebibyte of a shard a turn, give or take a batch', async () => {
  const batch = { maxEvents: 4, maxDelayMs: 0 };
  const { adapter, bus, environment } = await openBus({
    backpressure: 'block',
    ringBytes: 4_194_304,
    maxEventBytes: 131_072,
    batch,
  });
  const payload = new Uint8Array(131_072);
  const takeAndRefill = adapter.onBatch.bind(adapter);
  adapter.hold = false;
  adapter.onBatch = (batch, options) => {
    for (let nth = 0; nth < batch.count; nth += 1) bus.tryIngestRaw(payload);
    return takeAndRefill(batch, options);
  };
  for (let nth = 0; nth < 16; nth += 1) bus.ingestRaw(payload);
  await environment.turn();
  expect(adapter.calls).toHaveLength(2);
  await environment.turn();
  expect(adapter.calls).toHaveLength(4);
});
