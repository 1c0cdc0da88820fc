// What becomes of a batch that the adapter refuses.
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { feed, openBus } from '../../support/open-bus.ts';

const RETRY = { baseDelayMs: 10, maxDelayMs: 80 };

test('D2 a Transient batch is sent again, the same one, with growing delays within their bounds', async () => {
  const open = await openBus({ retry: RETRY });
  const { adapter, environment } = open;
  await feed(open, 3);
  const gaps: number[] = [];
  for (let attempt = 1; attempt <= 7; attempt += 1) {
    const failedAt = environment.monotonicMs();
    adapter.last.fail(new AdapterError(attempt % 2 ? 'Transient' : 'Backpressure', 'not now'));
    await environment.until(() => adapter.calls.length > attempt);
    gaps.push(environment.monotonicMs() - failedAt);
  }
  gaps.forEach((gap, nth) => {
    const full = Math.min(80, 10 * 2 ** nth);
    expect(gap).toBeGreaterThanOrEqual(full / 2);
    expect(gap).toBeLessThanOrEqual(full + 1);
  });
  expect(new Set(adapter.calls.map(({ batch }) => batch)).size).toBe(1);
  expect(open.bus.stats.shards[0]?.state).toBe('retrying');
  adapter.last.take();
  await environment.turn();
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 3, batchesDispatched: 1, eventsDropped: 0 });
  expect(open.bus.stats.shards[0]?.state).toBe('active');
});

test('D2 attempts bound the retries', async () => {
  const open = await openBus({ retry: { ...RETRY, attempts: 3 } });
  const { adapter, bus, environment } = open;
  await feed(open, 3);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    adapter.last.fail(new AdapterError('Transient', 'not now'));
    await environment.advance(100);
  }
  expect(adapter.calls).toHaveLength(3);
  expect(bus.stats.droppedByReason).toMatchObject({ 'retries-exhausted': 3 });
});

test('D2 unlimited attempts outlast an outage, and the ring meets the policy meanwhile', async () => {
  const open = await openBus({ retry: RETRY, ringCapacity: 4, batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 2);
  for (let minute = 0; minute < 60; minute += 1) {
    adapter.last.fail(new AdapterError('Transient', 'outage'));
    await environment.advance(100);
  }
  expect(Array.from({ length: 6 }, () => bus.tryIngestRaw('x'))).toEqual([
    ...new Array(4).fill('accepted'),
    'backpressure',
    'backpressure',
  ]);
  adapter.hold = false;
  adapter.last.take();
  await environment.advance(10);
  expect(bus.stats.toJSON()).toMatchObject({ eventsDispatched: 6, eventsPending: 0 });
});

test.each(['Fatal', 'Connection', 'Shutdown', 'Serialization'] as const)(
  'D2 a %s error drops the batch at once, and the lane goes on',
  async (kind) => {
    const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 } });
    const { adapter, bus, environment } = open;
    await feed(open, 3);
    adapter.last.fail(new AdapterError(kind, 'never'));
    await environment.turn();
    expect(adapter.seen).toEqual([
      [0, 0, 2],
      [0, 2, 1],
    ]);
    expect(adapter.last.batch.lostBefore).toBe(2);
    expect(bus.stats.droppedByReason['adapter-rejected']).toBe(2);
  },
);

test('D2 what is no AdapterError counts as Fatal, also when it is thrown and not rejected', async () => {
  const open = await openBus();
  const { adapter, bus, environment } = open;
  await feed(open, 1);
  adapter.last.fail('a string');
  await environment.turn();
  adapter.onBatch = () => {
    throw new TypeError('thrown');
  };
  await feed(open, 1);
  expect(bus.stats.droppedByReason['adapter-rejected']).toBe(2);
});

test('D2 an adapter that returns no promise has taken the batch', async () => {
  const open = await openBus();
  open.adapter.onBatch = () => undefined as unknown as Promise<void>;
  await feed(open, 1);
  expect(open.bus.stats.eventsDispatched).toBe(1);
});

test('D3 events keep their names across retries', async () => {
  const open = await openBus({ retry: RETRY });
  await feed(open, 2);
  const names = () => [...open.adapter.last.batch].map((event) => [open.adapter.last.batch.producer, event.sequence]);
  const first = names();
  open.adapter.last.fail(new AdapterError('Transient', 'again'));
  await open.environment.advance(20);
  expect(open.adapter.calls).toHaveLength(2);
  expect(names()).toEqual(first);
});
