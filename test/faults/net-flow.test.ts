// Peers that are slow or late: one that stops reading slows nobody and costs an offset, one that joins far behind gets all of
// it while new events flow.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { EventBus, StoredEvent } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { addressOf, figuresOf, MeshBuses } from '../support/net/mesh-buses.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

const PATIENT = { silenceMs: 120_000 } as const;
const BLOCK = { backpressure: 'block', shards: 2 } as const;
const buses = new MeshBuses();
const proxies: TcpProxy[] = [];

afterEach(async () => {
  for (const proxy of proxies) proxy.halfOpen(false);
  await buses.close();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

async function proxyTo(bus: Pick<EventBus, 'stats'>): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(Number(addressOf(bus).split(':')[1]));
  proxies.push(proxy);
  return proxy;
}

type Blocking = EventBus<unknown, 'block'>;

/** Ingests numbers from `first` on, each under one of 16 keys and `bytes` long. */
async function feed(bus: Blocking, first: number, { count, bytes }: { count: number; bytes: number }): Promise<void> {
  for (let nth = first; nth < first + count; nth += 1) {
    await bus.ingestRaw(String(nth).padEnd(bytes), { key: String(nth % 16) });
    if (nth % 1000 === 0) await turn();
  }
}

/** Follows a bus until so many events have come, each once and in the order of its shard. */
async function follow(bus: Pick<EventBus, 'subscribe'>, count: number, withinMs = 60_000): Promise<number> {
  const seen = new Set<string>();
  const lasts = new Map<string, number>();
  for await (const event of bus.subscribe({ from: 'earliest', signal: AbortSignal.timeout(withinMs) })) {
    check(event, seen, lasts);
    if (seen.size === count) return seen.size;
  }
  return seen.size;
}

function check(event: StoredEvent, seen: Set<string>, lasts: Map<string, number>): void {
  const lane = `${event.producer}/${event.shard}`;
  if (seen.has(event.id)) throw new Error(`${event.id} came twice`);
  if (event.sequence !== (lasts.get(lane) ?? -1) + 1) throw new Error(`${event.id} came behind ${lasts.get(lane)}`);
  seen.add(event.id);
  lasts.set(lane, event.sequence);
}

test('a peer that stops reading slows nobody: the others get everything, and what waits for it stays small', async () => {
  const [count, bytes] = [20_000, 1000];
  const a = await buses.node({ listen: 0, confirm: 1, ...PATIENT }, BLOCK);
  const proxy = await proxyTo(a);
  const stalled = await buses.node({ peers: `127.0.0.1:${proxy.port}`, ...PATIENT }, BLOCK);
  const others = await Promise.all([1, 2].map(() => buses.node({ peers: addressOf(a) }, BLOCK)));
  await within(10_000, () => figuresOf(a).links.length === 3);
  proxy.halfOpen(true);
  const read = Promise.all(others.map((other) => follow(other, count)));
  await feed(a, 0, { count, bytes });
  expect(await a.flush()).toMatchObject({ dispatched: count });
  expect(await read).toEqual([count, count]);
  const { nodeId } = figuresOf(stalled);
  const link = figuresOf(a).links.find((each) => each.nodeId === nodeId);
  expect(link?.lagEvents).toBe(count);
  expect(link?.bytesWaiting).toBeLessThan(3 * 1_048_576);
  proxy.halfOpen(false);
  expect(await follow(stalled, count)).toBe(count);
});

test('what a silent neighbour should send is taken from another one', async () => {
  const count = 2000;
  const a = await buses.node({ listen: 0, ...PATIENT }, BLOCK);
  const proxy = await proxyTo(a);
  const b = await buses.node({ listen: 0, peers: addressOf(a), ...PATIENT }, BLOCK);
  const c = await buses.node({ peers: [`127.0.0.1:${proxy.port}`, addressOf(b)], ...PATIENT }, BLOCK);
  await within(10_000, () => figuresOf(c).links.length === 2);
  await feed(a, 0, { count: 100, bytes: 10 });
  expect(await follow(c, 100)).toBe(100);
  proxy.halfOpen(true);
  await feed(a, 100, { count: count - 100, bytes: 10 });
  expect(await follow(c, count)).toBe(count);
  expect(figuresOf(c).links).toHaveLength(2);
});

test('a node that joins 100,000 events behind gets them all while new ones flow', async () => {
  const [behind, chunk, chunks] = [100_000, 2000, 10];
  const a = await buses.node({ listen: 0 }, BLOCK);
  await feed(a, 0, { count: behind, bytes: 64 });
  await a.flush();
  const joiner = await buses.node({ listen: 0, peers: addressOf(a) }, BLOCK);
  const end = await buses.node({ peers: addressOf(joiner) }, BLOCK);
  const count = behind + chunks * chunk;
  const read = Promise.all([joiner, end].map((bus) => follow(bus, count)));
  for (let nth = 0; nth < chunks; nth += 1) {
    const least = behind * (1 - nth / chunks) + nth * chunk;
    await within(20_000, () => (figuresOf(a).links[0]?.lagEvents ?? count) <= least);
    await feed(a, behind + nth * chunk, { count: chunk, bytes: 64 });
  }
  expect(await read).toEqual([count, count]);
});

test('a start with joinTimeoutMs that is 100,000 events behind has them all when it is open', async () => {
  const behind = 100_000;
  const a = await buses.node({ listen: 0 }, BLOCK);
  await feed(a, 0, { count: behind, bytes: 64 });
  await a.flush();
  const joiner = await buses.node({ peers: addressOf(a), joinTimeoutMs: 20_000 }, BLOCK);
  expect((await joiner.poll({ limit: 100_000 })).events).toHaveLength(behind);
  await within(10_000, () => figuresOf(a).links[0]?.lagEvents === 0); // What it has it tells a moment later.
});
