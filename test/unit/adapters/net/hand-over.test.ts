// The end of a node: what it has ingested reaches the peers that are linked before it says goodbye, and a peer that does not
// read holds up no shutdown for long.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, eventsOf, figuresOf, MeshBuses } from '../../../support/net/mesh-buses.ts';
import { TcpProxy } from '../../../support/servers/tcp-proxy.ts';

const buses = new MeshBuses();
const proxies: TcpProxy[] = [];

afterEach(async () => {
  await buses.close();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

const BLOCK = { backpressure: 'block', shards: 2 } as const;

test.each([1, 5000])(
  'a node that ingested %i events and is shut down at once leaves them to its peers',
  async (count) => {
    const a = await buses.node({ listen: 0 }, BLOCK);
    const others = await Promise.all([1, 2].map(() => buses.node({ peers: addressOf(a) })));
    await within(5000, () => figuresOf(a).links.length === 2);
    for (let nth = 0; nth < count; nth += 1) await a.ingestRaw(`event ${nth}`.padEnd(1000));
    expect(await within(10_000, a.shutdown())).toMatchObject({ eventsDispatched: count });
    for (const other of others) expect(await eventsOf(other)).toHaveLength(count);
  },
);

test('a producer at the edge that comes, ingests and goes leaves its events', async () => {
  const a = await buses.node({ listen: 0 });
  const edge = await buses.node({ peers: addressOf(a), receive: false, joinTimeoutMs: 5000 });
  edge.ingestRaw('one');
  await within(5000, edge.shutdown());
  expect((await eventsOf(a)).map((event) => event.text())).toEqual(['one']);
});

test('a peer that does not read is waited for no longer than it shows progress', async () => {
  const a = await buses.node({ listen: 0, silenceMs: 600_000 });
  const proxy = await TcpProxy.start(Number(addressOf(a).split(':')[1]));
  proxies.push(proxy);
  await buses.node({ peers: `127.0.0.1:${proxy.port}`, silenceMs: 600_000 });
  await within(5000, () => figuresOf(a).links.length === 1);
  proxy.halfOpen(true);
  a.ingestRaw('one');
  expect(await within(5000, a.shutdown())).toMatchObject({ eventsDispatched: 1 });
});
