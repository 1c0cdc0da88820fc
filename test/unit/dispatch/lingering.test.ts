// How long an event waits for company while the adapter is idle.
import { expect, test } from 'vitest';
import { feed, keysByShard, openBus } from '../../support/open-bus.ts';

const LINGER = { batch: { maxDelayMs: 40, maxEvents: 5 } };

test('D1 a lonely event leaves after maxDelayMs, and not before', async () => {
  const open = await openBus(LINGER);
  await feed(open, 1);
  await open.environment.advance(39);
  expect(open.adapter.calls).toHaveLength(0);
  await open.environment.advance(1);
  expect(open.adapter.seen).toEqual([[0, 0, 1]]);
});

test('D1 later company does not lengthen the wait of the first', async () => {
  const open = await openBus(LINGER);
  await feed(open, 1);
  await open.environment.advance(30);
  await feed(open, 1);
  await open.environment.advance(10);
  expect(open.adapter.seen).toEqual([[0, 0, 2]]);
});

test('D1 a full batch leaves at once', async () => {
  const open = await openBus(LINGER);
  await feed(open, 4);
  expect(open.adapter.calls).toHaveLength(0);
  await feed(open, 1);
  expect(open.adapter.seen).toEqual([[0, 0, 5]]);
});

test('D1 a ring that holds less than a batch is due when it is full', async () => {
  const open = await openBus({ ringCapacity: 3, batch: { maxDelayMs: 40, maxEvents: 1000 } });
  await feed(open, 3);
  expect(open.adapter.seen).toEqual([[0, 0, 3]]);
});

test('D1 what a batch left behind goes as soon as the lane is free', async () => {
  const open = await openBus(LINGER);
  await feed(open, 7);
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.adapter.seen).toEqual([
    [0, 0, 5],
    [0, 5, 2],
  ]);
});

test('D1 a lane that a flush has hurried does not delay another one that lingers', async () => {
  const open = await openBus({ ...LINGER, shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [first, second] = await keysByShard(open);
  bus.ingestRaw('x', { key: first });
  await environment.advance(0);
  const flushed = bus.flush();
  await environment.advance(10);
  await flushed;
  adapter.calls.length = 0;
  bus.ingestRaw('at 10', { key: second });
  await environment.advance(10);
  bus.ingestRaw('at 20', { key: first });
  await environment.advance(29);
  expect(adapter.seen).toEqual([]);
  await environment.advance(1);
  expect(adapter.calls.map(({ batch }) => batch.shard)).toEqual([1]);
  await environment.advance(10);
  expect(adapter.calls.map(({ batch }) => batch.shard)).toEqual([1, 0]);
});

test('D1 flush after flush leaves nothing behind that lingers', async () => {
  const open = await openBus({ batch: { maxDelayMs: 60_000 } });
  open.adapter.hold = false;
  for (let round = 0; round < 100; round += 1) {
    await feed(open, 1);
    const flushed = open.bus.flush();
    await open.environment.turn();
    await flushed;
  }
  // The one timer that rang for all.
  expect(open.environment.waiting).toBe(1);
});

test('D1 a timer that rings a little early dispatches all the same', async () => {
  const open = await openBus({ batch: { maxDelayMs: 2 } });
  const { environment } = open;
  const monotonicMs = environment.monotonicMs.bind(environment);
  await feed(open, 1);
  environment.monotonicMs = () => monotonicMs() - 0.4;
  await environment.advance(2);
  expect(open.adapter.calls).toHaveLength(1);
});
