// An adapter that does not answer in time: the outcome of its batch is unknown until it settles.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, test } from 'vitest';
import type { FindingMessage } from '../../../src/bus/announcer.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { IngestionError } from '../../../src/errors/ingestion-error.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, keysByShard, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';

const findings: FindingMessage[] = [];
const hear = (message: unknown): void => void findings.push(message as FindingMessage);

function listen(): FindingMessage[] {
  findings.length = 0;
  subscribe('meshbus:finding', hear);
  return findings;
}

afterEach(() => unsubscribe('meshbus:finding', hear));

test('D2 at the time-out the signal aborts, and the batch stays pending', async () => {
  const open = await openBus();
  await feed(open, 2);
  await open.environment.advance(TIMEOUT_MS - 1);
  expect(open.adapter.last.signal.aborted).toBe(false);
  await open.environment.advance(1);
  expect(open.adapter.last.signal.aborted).toBe(true);
  expect(open.adapter.last.signal.reason).toBeInstanceOf(AdapterError);
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsPending: 2, eventsDropped: 0 });
});

test('D2 success after the time-out counts', async () => {
  const open = await openBus();
  await feed(open, 2);
  await open.environment.advance(2 * TIMEOUT_MS - 1);
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 2, eventsPending: 0 });
});

test('D2 failure after the time-out ends unconfirmed, and the lane goes on', async () => {
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 } });
  await feed(open, 3);
  await open.environment.advance(TIMEOUT_MS);
  open.adapter.last.fail(new AdapterError('Transient', 'late'));
  await open.environment.turn();
  expect(open.bus.stats.droppedByReason.unconfirmed).toBe(2);
  expect(open.adapter.seen).toEqual([
    [0, 0, 2],
    [0, 2, 1],
  ]);
});

test('D2 failure after the time-out is retried when the adapter deduplicates', async () => {
  const open = await openBus({}, new HeldAdapter({ deduplicates: true }));
  await feed(open, 2);
  await open.environment.advance(TIMEOUT_MS);
  open.adapter.last.fail(new AdapterError('Fatal', 'late'));
  await open.environment.advance(20);
  expect(open.adapter.calls).toHaveLength(2);
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 2, eventsDropped: 0 });
});

test('D2 an attempt that settles in the very turn of its time-out ends once', async () => {
  const open = await openBus();
  await feed(open, 1);
  open.environment.after(TIMEOUT_MS, () => open.adapter.last.take());
  await open.environment.advance(TIMEOUT_MS);
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 1, eventsPending: 0, batchesDispatched: 1 });
  await open.environment.advance(10 * TIMEOUT_MS);
  expect(open.bus.stats.shards[0]?.state).toBe('active');
});

test('D2 an attempt that does not settle wedges its lane, which is reported, and its keys answer Unrouted', async () => {
  const heard = listen();
  const open = await openBus({ shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [stuck, other] = await keysByShard(open);
  adapter.hold = true;
  bus.ingestRaw('x', { key: stuck });
  await environment.advance(2 * TIMEOUT_MS);
  expect(bus.stats.shards.map(({ state }) => state)).toEqual(['wedged', 'active']);
  expect(heard).toMatchObject([{ kind: 'lane-wedged', shard: 0, producer: adapter.producer }]);
  expect(bus.tryIngestRaw('y', { key: stuck })).toBe('unrouted');
  expect(() => bus.ingestRaw('y', { key: stuck })).toThrow(IngestionError);
  expect(bus.tryIngestRaw('y', { key: other })).toBe('accepted');
  expect(bus.stats.toJSON()).toMatchObject({ rejectedByOutcome: { unrouted: 2 }, eventsPending: 2 });
});

test('D2 a wedged lane goes on when its attempt settles', async () => {
  const heard = listen();
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 5);
  await environment.advance(10 * TIMEOUT_MS);
  expect(bus.stats.eventsPending).toBe(5);
  expect(adapter.calls).toHaveLength(1);
  adapter.hold = false;
  adapter.last.take();
  await environment.advance(1);
  expect(bus.stats.toJSON()).toMatchObject({ eventsDispatched: 5, eventsPending: 0 });
  expect(bus.tryIngestRaw('y')).toBe('accepted');
  expect(heard.map(({ kind }) => kind)).toEqual(['lane-wedged', 'lane-recovered']);
});

test('D2 a wedge refuses the waiters of its lane with Unrouted', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2, batch: { maxEvents: 1, maxDelayMs: 0 } });
  const { bus, environment } = open;
  await feed(open, 1);
  const waiters = Array.from({ length: 4 }, () => watch(Promise.resolve(bus.ingestRaw('x'))));
  await environment.advance(2 * TIMEOUT_MS);
  expect(waiters.map(({ error }) => (error as IngestionError | undefined)?.kind)).toEqual([
    undefined,
    undefined,
    'Unrouted',
    'Unrouted',
  ]);
  expect(bus.stats.toJSON()).toMatchObject({ eventsWaiting: 0, eventsPending: 3, rejectedByOutcome: { unrouted: 2 } });
});

test('D2 who hears of a wedge or a recovery finds the routes changed already, and may call the bus', async () => {
  const open = await openBus();
  const outcomes: string[] = [];
  const flushes: ReturnType<typeof watch>[] = [];
  const call = (): void => {
    outcomes.push(open.bus.tryIngestRaw('from a finding'));
    flushes.push(watch(open.bus.flush()));
  };
  subscribe('meshbus:finding', call);
  try {
    await feed(open, 1);
    await open.environment.advance(2 * TIMEOUT_MS);
    open.adapter.hold = false;
    open.adapter.last.take();
    await open.environment.advance(1);
  } finally {
    unsubscribe('meshbus:finding', call);
  }
  expect(outcomes).toEqual(['unrouted', 'accepted']);
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 2, eventsPending: 0 });
  expect(flushes.map(({ settled, error }) => [settled, error === undefined])).toEqual([
    [true, false],
    [true, true],
  ]);
});
