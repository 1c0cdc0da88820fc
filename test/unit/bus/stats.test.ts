// The account as its reader sees it: live, whole, and useful as JSON.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { feed, openBus, watch } from '../../support/open-bus.ts';

test('A2 dispatched, dropped and pending add up to ingested, while events are everywhere', async () => {
  const open = await openBus({ ringCapacity: 4, backpressure: 'drop-oldest', batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 2);
  adapter.last.take();
  await feed(open, 2);
  adapter.last.fail(new AdapterError('Fatal', 'no'));
  await feed(open, 2);
  for (let nth = 0; nth < 9; nth += 1) bus.ingestRaw('x');
  const { stats } = bus;
  expect(stats.eventsIngested).toBe(15);
  expect(stats.eventsPending).toBe(6);
  expect(stats.eventsDispatched).toBe(2);
  expect(stats.droppedByReason).toMatchObject({ evicted: 5, 'adapter-rejected': 2 });
  expect(stats.eventsDropped).toBe(7);
  adapter.hold = false;
  adapter.last.take();
  await environment.advance(10);
  await bus.shutdown();
  expect([stats.eventsDispatched, stats.eventsDropped, stats.eventsPending]).toEqual([8, 7, 0]);
});

test('every property reads its counter now, and toJSON is a snapshot', async () => {
  const open = await openBus();
  const { stats } = open.bus;
  const snapshot = stats.toJSON();
  await feed(open, 3);
  expect(snapshot.eventsIngested).toBe(0);
  expect(open.bus.stats).toBe(stats);
  expect(stats.eventsIngested).toBe(3);
  expect(JSON.parse(JSON.stringify(stats))).toEqual(stats.toJSON());
});

test('inspect shows the counters and nothing internal', async () => {
  const { bus } = await openBus();
  const text = inspect(bus.stats);
  expect(text).toMatch(/eventsIngested: 0/);
  expect(text).not.toMatch(/#|kernel|parts/);
  expect(Object.keys(bus.stats.toJSON())).toEqual([
    'eventsIngested',
    'eventsDispatched',
    'eventsDropped',
    'eventsPending',
    'eventsRejected',
    'eventsWaiting',
    'batchesDispatched',
    'shutdownWasLossy',
    'droppedByReason',
    'rejectedByOutcome',
    'shards',
    'adapter',
  ]);
});

test('A3 refused events are counted by outcome and are not ingested', async () => {
  const open = await openBus({ ringCapacity: 2 });
  const { bus } = open;
  const outcomes = ['a', 'b', 'c', 'd'].map((text) => bus.tryIngestRaw(text));
  expect(outcomes).toEqual(['accepted', 'accepted', 'backpressure', 'backpressure']);
  expect(bus.tryIngestRaw('x'.repeat(2000))).toBe('too-large');
  expect(bus.tryIngest(undefined)).toBe('serialization');
  expect(bus.stats.toJSON()).toMatchObject({
    eventsIngested: 2,
    eventsRejected: 4,
    rejectedByOutcome: { backpressure: 2, 'too-large': 1, serialization: 1 },
  });
});

test('I5 eventsWaiting counts waiters', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2 });
  const controller = new AbortController();
  for (let nth = 0; nth < 4; nth += 1) void open.bus.ingestRaw('x');
  const aborted = watch(Promise.resolve(open.bus.ingestRaw('x', { signal: controller.signal })));
  expect(open.bus.stats.eventsWaiting).toBe(3);
  controller.abort();
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsWaiting: 2, rejectedByOutcome: { aborted: 1 } });
  await open.environment.turn();
  expect(aborted.error).toBe(controller.signal.reason);
});

test('a shard tells its fill by events or bytes, whichever is fuller', async () => {
  const options = { ringCapacity: 10, ringBytes: 4096, batch: { maxDelayMs: 60_000 } };
  const small = await openBus(options);
  await feed(small, 5);
  expect(small.bus.stats.shards[0]?.fill).toBe(0.5);
  const large = await openBus(options);
  large.bus.ingestRaw(Buffer.alloc(1024 - 32));
  expect(large.bus.stats.shards[0]).toMatchObject({ ringBytesUsed: 1024, fill: 0.25 });
});

test('rates are events a second since a look that lies a second or more back', async () => {
  const open = await openBus();
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const rates = () => [bus.stats.shards[0]?.ingestRate, bus.stats.shards[0]?.dispatchRate];
  await feed(open, 100);
  expect(rates()).toEqual([0, 0]);
  await environment.advance(1000);
  expect(rates()).toEqual([100, 100]);
  await feed(open, 50);
  await environment.advance(999);
  expect(rates()).toEqual([100, 100]);
  await environment.advance(1);
  expect(rates()).toEqual([50, 50]);
  await environment.advance(2000);
  expect(rates()).toEqual([0, 0]);
});

test('the rates of a shard that was added count from then on', async () => {
  const open = await openBus();
  open.adapter.hold = false;
  await open.environment.advance(60_000);
  expect(await open.bus.addShards(1)).toEqual([1]);
  await feed(open, 1000);
  await open.environment.advance(1000);
  const [first, second] = open.bus.stats.shards;
  expect([second?.ingestRate, second?.dispatchRate]).toEqual([second?.eventsIngested, second?.eventsDispatched]);
  expect(first?.ingestRate).toBeLessThan(20);
});
