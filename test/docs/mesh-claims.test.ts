// The numbers of docs/guide/mesh.md: how long cursors are, and what an origin sends to its neighbours.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { EventBus } from '../../src/index.ts';
import { addressOf, figuresOf, MeshBuses, untilEvents } from '../support/net/mesh-buses.ts';

const GUIDE = readFileSync('docs/guide/mesh.md', 'utf8');
const CALM = { listen: 0, pingMs: 10_000, silenceMs: 60_000, reconnectMaxMs: 1000 } as const;
const buses = new MeshBuses();

afterEach(() => buses.close());

/** A node and so many neighbours of it, linked with it alone. */
async function star(neighbours: number): Promise<readonly [EventBus, ...EventBus[]]> {
  const hub = await buses.node(CALM, { shards: 1 });
  const peers = addressOf(hub);
  const others = Array.from({ length: neighbours }, () =>
    buses.node({ ...CALM, peers, joinTimeoutMs: 20_000 }, { shards: 1 }),
  );
  return [hub, ...(await Promise.all(others))];
}

function ingest(bus: EventBus, count: number): void {
  for (let nth = 0; nth < count; nth += 1) bus.ingestRaw(Buffer.alloc(64, 'x'));
}

function bytesOut(bus: EventBus): number {
  return figuresOf(bus).links.reduce((sum, link) => sum + link.bytesOut, 0);
}

test.each([
  [1, 50],
  [8, 150],
])(
  'a cursor over one shard with %d producers has the %d characters that the guide tells',
  async (producers, length) => {
    const nodes = await star(producers - 1);
    for (const node of nodes) ingest(node, 1000);
    await Promise.all(nodes.map((node) => node.flush()));
    for (const node of nodes) {
      const last = (await untilEvents(node, 1000 * producers)).at(-1);
      expect(last?.cursor).toHaveLength(length);
    }
    expect(GUIDE).toContain(`${length}`);
  },
);

test.each([
  ['alone', 1, 1],
  ['in batches of 100', 100, 3],
])('an origin sends events that go %s as the guide reckons, to each of its neighbours', async (_, size, neighbours) => {
  const [origin, ...others] = await star(neighbours);
  const before = bytesOut(origin);
  for (let nth = 0; nth < 50; nth += 1) {
    ingest(origin, size);
    await origin.flush();
  }
  for (const other of others) await untilEvents(other, 50 * size);
  const { eventsDispatched: events, batchesDispatched: frames } = origin.stats;
  const record = numberAfter('record           = ') + 64;
  const reckoned = neighbours * (events * record + frames * numberAfter('frames per second x '));
  expect((bytesOut(origin) - before) / reckoned).toBeCloseTo(1, 1);
});

/** The number that the guide has behind some words. */
function numberAfter(words: string): number {
  const [number] = /^\d+/.exec(GUIDE.slice(GUIDE.indexOf(words) + words.length)) ?? [];
  return Number(number);
}
