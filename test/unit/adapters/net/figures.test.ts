// What `bus.stats.adapter` shows of a node: its links, how fast and how far behind each peer is, what ended and why.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { log } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, figuresOf, MeshBuses } from '../../../support/net/mesh-buses.ts';
import { TcpProxy } from '../../../support/servers/tcp-proxy.ts';

const buses = new MeshBuses();
const proxies: TcpProxy[] = [];

afterEach(async () => {
  await buses.close();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

test('a link shows its peer, the round trip, bytes in both directions and whether the peer keeps what it has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-figures-'));
  const a = await buses.node({ listen: 0 });
  const b = await buses.node({ peers: addressOf(a), store: log(join(folder, 'log')) });
  await within(5000, () => figuresOf(a).links[0]?.rttMs !== undefined && figuresOf(b).links[0]?.rttMs !== undefined);
  b.ingestRaw('x'.repeat(1000));
  await b.flush();
  await within(5000, () => figuresOf(a).streams === 1);
  const [ofA, ofB] = [figuresOf(a), figuresOf(b)];
  expect(ofA.links).toMatchObject([
    { nodeId: ofB.nodeId, dialled: false, receives: true, durable: true, lagEvents: 0, lagBytes: 0 },
  ]);
  expect(ofB.links).toMatchObject([
    { nodeId: ofA.nodeId, address: addressOf(a), dialled: true, receives: true, durable: false },
  ]);
  expect(ofA.links[0]?.rttMs).toBeGreaterThanOrEqual(0);
  expect(ofA.links[0]?.bytesIn).toBeGreaterThan(1000);
  expect(ofB.links[0]?.bytesOut).toBeGreaterThan(1000);
  expect(ofB.dials).toMatchObject([{ address: addressOf(a), learned: false, linked: true, lastError: undefined }]);
  await buses.close();
  rmSync(folder, { recursive: true });
});

test('lag in events and bytes goes up for a peer that is stalled, for it alone, and back to 0', async () => {
  const a = await buses.node({ listen: 0, silenceMs: 60_000 });
  const proxy = await TcpProxy.start(Number(addressOf(a).split(':')[1]));
  proxies.push(proxy);
  const stalled = await buses.node({ peers: `127.0.0.1:${proxy.port}`, silenceMs: 60_000 });
  const b = await buses.node({ peers: addressOf(a) });
  await within(5000, () => figuresOf(a).links.length === 2);
  proxy.halfOpen(true);
  for (let nth = 0; nth < 1000; nth += 1) a.ingestRaw('x'.repeat(100));
  await a.flush();
  const lagOf = (bus: typeof a): number[] => {
    const { nodeId } = figuresOf(bus);
    return figuresOf(a).links.flatMap((link) => (link.nodeId === nodeId ? [link.lagEvents, link.lagBytes] : []));
  };
  await within(10_000, () => lagOf(b)[0] === 0);
  expect(lagOf(b)).toEqual([0, 0]);
  const [events, bytes] = lagOf(stalled) as [number, number];
  expect(events).toBe(1000);
  expect(bytes).toBeGreaterThan(100 * 1000);
  expect(bytes).toBeLessThan(300 * 1000);
  proxy.halfOpen(false);
  await within(10_000, () => lagOf(stalled)[0] === 0);
  expect(lagOf(stalled)).toEqual([0, 0]);
});

test('a link that ended is counted by its reason, and the dial says why it is not linked', async () => {
  const a = await buses.node({ listen: 0 });
  const b = await buses.node({ peers: addressOf(a) });
  await within(5000, () => figuresOf(b).links.length === 1);
  await a.shutdown();
  await within(5000, () => figuresOf(b).links.length === 0);
  expect(figuresOf(b).ended).toEqual({ shutdown: 1 });
  await within(5000, () => figuresOf(b).dials[0]?.lastError?.includes('ECONNREFUSED'));
  expect(figuresOf(b).dials[0]).toMatchObject({ linked: false });
  expect(figuresOf(b).dials[0]?.attempts).toBeGreaterThan(0);
});

test('a wrong key is counted, and the figures are plain data of the snapshot too, without the key', async () => {
  const a = await buses.node({ listen: 0 });
  await buses.node({ peers: addressOf(a), psk: 'another key of 32 bytes or more.' });
  await within(5000, () => Object.keys(figuresOf(a).refused).length > 0);
  const snapshot = JSON.stringify(a.stats);
  expect(JSON.parse(snapshot).adapter).toMatchObject({ nodeId: figuresOf(a).nodeId, links: [] });
  expect(snapshot).not.toContain('k'.repeat(32));
  expect(snapshot).not.toContain('another key');
});

test('after the shutdown there is nothing to show', async () => {
  const a = await buses.node({ listen: 0 });
  await a.shutdown();
  expect(figuresOf(a).links ?? []).toEqual([]);
});
