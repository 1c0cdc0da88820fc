// What `diagnostics_channel` says of drops.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DropMessage } from '../../../src/bus/announcer.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { feed, keysByShard, openBus } from '../../support/open-bus.ts';

const heard: DropMessage[] = [];
const hear = (message: unknown): void => void heard.push(message as DropMessage);

beforeEach(() => {
  heard.length = 0;
  subscribe('meshbus:drop', hear);
});
afterEach(() => unsubscribe('meshbus:drop', hear));

test('A4 evictions of a turn are one message a shard', async () => {
  const open = await openBus({ shards: 2, ringCapacity: 2, backpressure: 'drop-oldest' });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [first, second] = await keysByShard(open);
  heard.length = 0;
  for (let nth = 0; nth < 12; nth += 1) bus.ingestRaw('x', { key: first });
  for (let nth = 0; nth < 5; nth += 1) bus.ingestRaw('x', { key: second });
  expect(heard).toEqual([]);
  await environment.turn();
  const { producer } = adapter;
  expect(heard).toEqual([
    { producer, shard: 0, reason: 'evicted', count: 10 },
    { producer, shard: 1, reason: 'evicted', count: 3 },
  ]);
});

test('A4 each reason has a message of its own', async () => {
  const open = await openBus({ ringCapacity: 2, backpressure: 'drop-oldest' });
  await feed(open, 2);
  for (let nth = 0; nth < 5; nth += 1) open.bus.ingestRaw('x');
  open.adapter.last.fail(new AdapterError('Fatal', 'no'));
  await open.environment.turn();
  await open.environment.turn();
  expect(heard.map(({ reason, count }) => [reason, count])).toEqual([
    ['evicted', 3],
    ['adapter-rejected', 2],
  ]);
});

test('A4 what shutdown strands is told before it waits for the adapter to close', async () => {
  const open = await openBus({ shutdownTimeoutMs: 10, batch: { maxEvents: 2, maxDelayMs: 0 } });
  open.adapter.onFlush = () => new Promise(() => undefined);
  await feed(open, 5);
  const shut = open.bus.shutdown().catch(() => 'lossy');
  await open.environment.advance(10);
  expect(heard.map(({ reason, count }) => [reason, count])).toEqual([['stranded', 5]]);
  await open.environment.advance(3000);
  await shut;
  expect(heard).toHaveLength(1);
});

test('A4 a subscriber may call the bus', async () => {
  const open = await openBus({ ringCapacity: 2, backpressure: 'drop-oldest' });
  const call = (): void => {
    open.bus.ingestRaw('from a subscriber');
    JSON.stringify(open.bus.stats);
  };
  subscribe('meshbus:drop', call);
  await feed(open, 2);
  await feed(open, 3);
  unsubscribe('meshbus:drop', call);
  open.adapter.hold = false;
  open.adapter.last.take();
  await open.environment.advance(10);
  const { eventsDispatched, eventsDropped, eventsIngested, eventsPending } = open.bus.stats;
  expect(eventsPending).toBe(0);
  expect(eventsDispatched + eventsDropped).toBe(eventsIngested);
  expect(heard.reduce((sum, { count }) => sum + count, 0)).toBe(eventsDropped);
});
