// Buses over the mesh, in one process and over real sockets.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import {
  type AdapterFactory,
  EventBus,
  type EventBusOptions,
  memory,
  type NetOptions,
  net,
} from '../../../../src/index.ts';

const KEY = 'k'.repeat(32);
const buses: EventBus[] = [];

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.shutdown()));
});

async function node(options: NetOptions, more: Omit<EventBusOptions, 'adapter'> = {}): Promise<EventBus> {
  const adapter: AdapterFactory = net({ psk: KEY, ...options });
  const bus = await EventBus.create({ adapter, shards: 2, ...more });
  buses.push(bus);
  return bus;
}

function addressOf(bus: EventBus): string {
  const { listening } = bus.stats.adapter as { listening: readonly string[] };
  return listening[0] as string;
}

async function texts(bus: EventBus, from?: string): Promise<{ texts: string[]; cursor: string }> {
  const page = await bus.poll({ limit: 1000, from: from ?? 'earliest' });
  return { texts: page.events.map((event) => event.text()), cursor: page.cursor };
}

/** Reads until so many events are there. */
async function untilTexts(bus: EventBus, count: number): Promise<void> {
  const stop = AbortSignal.timeout(5000);
  while ((await texts(bus)).texts.length < count) {
    stop.throwIfAborted();
    await turn();
  }
}

test('what one node ingests is read on every other, once, in the order of each shard', async () => {
  const a = await node({ listen: 0 });
  const b = await node({ listen: 0, peers: addressOf(a) });
  const c = await node({ peers: addressOf(b) });
  for (let nth = 0; nth < 100; nth += 1) a.ingestRaw(`a${nth}`, { key: 'one' });
  await a.flush();
  for (const bus of [b, c]) await untilTexts(bus, 100);
  for (const bus of [a, b, c]) {
    expect((await texts(bus)).texts).toEqual(Array.from({ length: 100 }, (_, nth) => `a${nth}`));
  }
});

test('C2 the cursor of one node goes on at another', async () => {
  const a = await node({ listen: 0 });
  const b = await node({ peers: addressOf(a), store: memory() });
  a.ingestRaw('one');
  await a.flush();
  await untilTexts(b, 1);
  const { cursor } = await texts(a);
  b.ingestRaw('two');
  await b.flush();
  await untilTexts(a, 2);
  expect((await texts(b, cursor)).texts).toEqual(['two']);
  expect((await texts(a, cursor)).texts).toEqual(['two']);
});

test('confirm: a batch counts once another node has it, and flush waits for that', async () => {
  const a = await node({ listen: 0, confirm: 1 }, { retry: { maxDelayMs: 50 } });
  a.ingestRaw('one');
  const flushed = a.flush();
  expect(a.stats.eventsDispatched).toBe(0);
  const b = await node({ peers: addressOf(a) });
  expect(await flushed).toMatchObject({ dispatched: 1 });
  expect((await texts(b)).texts).toEqual(['one']);
});

test('a start that joins has all that its peer had', async () => {
  const a = await node({ listen: 0 });
  for (let nth = 0; nth < 1000; nth += 1) a.ingestRaw(`a${nth}`);
  await a.flush();
  const b = await node({ peers: addressOf(a), joinTimeoutMs: 5000 });
  expect((await texts(b)).texts).toHaveLength(1000);
});
