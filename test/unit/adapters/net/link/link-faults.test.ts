// What happens to links when networks and peers misbehave: half-open connections, breakers, peers that never read.
import { afterEach, expect, test } from 'vitest';
import type { PeerLink } from '../../../../../src/adapters/net/peer-link.ts';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, type LinkNode, LOOPBACK, started } from '../../../../support/net/link-node.ts';
import { TcpProxy } from '../../../../support/servers/tcp-proxy.ts';

const FAST = { pingMs: 50, silenceMs: 200, reconnectMaxMs: 100, handshakeTimeoutMs: 300 };
const proxies: TcpProxy[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

async function behindProxy(): Promise<{ server: LinkNode; client: LinkNode; proxy: TcpProxy }> {
  const server = await started('a', FAST);
  const proxy = await TcpProxy.start(server.address.port);
  proxies.push(proxy);
  const client = await started('b', { ...FAST, listen: [], peers: [{ ...LOOPBACK, port: proxy.port }] });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  return { server, client, proxy };
}

test('a half-open connection is noticed on both sides and made anew', async () => {
  const { server, client, proxy } = await behindProxy();
  proxy.halfOpen(true);
  await within(5000, () => client.downs.length === 1 && server.downs.length === 1);
  expect(client.downs[0]).toContain('silent');
  await within(5000, () => (client.links.figures().dials[0]?.attempts ?? 0) > 1);
  proxy.halfOpen(false);
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
});

test('a new connection of a node takes the place of one that has been silent for a ping', async () => {
  const server = await started('a', { ...FAST, silenceMs: 60_000 });
  const [proxy, other] = [await TcpProxy.start(server.address.port), await TcpProxy.start(server.address.port)];
  proxies.push(proxy, other);
  other.refuse(true);
  const peers = [proxy, other].map(({ port }) => ({ ...LOOPBACK, port }));
  const client = await started('b', { ...FAST, listen: [], peers });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  proxy.halfOpen(true);
  other.refuse(false);
  // The client has noticed; the server would wait for a minute.
  await within(5000, () => client.downs.length === 1 && client.up.length === 1 && server.up.length === 1);
  expect(server.downs).toEqual([expect.stringContaining('duplicate')]);
});

test('a peer that breaks the protocol is cut off with the reason, and let in again only after a growing delay', async () => {
  const { server, client } = await behindProxy();
  server.link.breach('a frame whose checksum is wrong');
  await within(5000, () => client.downs.length === 1 && server.downs.length === 1);
  expect(client.downs[0]).toContain('a frame whose checksum is wrong');
  expect(server.links.figures().ended).toEqual({ breach: 1 });
  expect(server.findings).toMatchObject([{ kind: 'net-breach', message: expect.stringContaining('b at 127.0.0.1') }]);
  await within(5000, () => client.up.length === 1);
});

test('after a breach nothing more of the peer is heard, and sending does nothing', async () => {
  const { server, client } = await behindProxy();
  const { link } = server;
  server.onMessage = () => {
    link.breach('enough');
    link.send(Buffer.alloc(9_000_000, 16));
    server.heardBytes += 1;
    expect(link.writable()).toBe(0);
  };
  for (let nth = 0; nth < 50; nth += 1) client.say('x');
  await within(5000, () => server.downs.length === 1);
  expect(server.heardBytes).toBe(1);
});

test('the port changes: a peer that comes back behind the same address is found', async () => {
  const { server, client, proxy } = await behindProxy();
  await server.links.close();
  await within(5000, () => client.downs.length === 1);
  const moved = await started('a2', FAST);
  proxy.leadTo(moved.address.port);
  await within(5000, () => client.up.length === 1);
  expect(client.link.peer.nodeId).toBe('a2');
});

test('a peer that does not read costs a bounded amount and slows nobody', async () => {
  const { client, server } = await behindProxy();
  const reader = await started('c', { ...FAST, listen: [], peers: [server.address] });
  await within(5000, () => server.up.length === 2);
  client.releases = false;
  const chunk = Buffer.alloc(65_536, 16);
  const sent = new Map<PeerLink, number>();
  server.onWritable = (link) => {
    for (let bytes = sent.get(link) ?? 0; link.writable() > 0 && bytes < 500 * chunk.length; ) {
      link.send(chunk);
      bytes += chunk.length;
      sent.set(link, bytes);
    }
  };
  for (const link of server.up) server.onWritable(link);
  await within(10_000, () => reader.heardBytes === 500 * chunk.length);
  const stalled = server.up.find(({ peer }) => peer.nodeId === 'b') as PeerLink;
  expect(client.heardBytes).toBeLessThan(5_000_000);
  expect(stalled.writable()).toBe(0);
  const waiting = server.links.figures().links.find(({ nodeId }) => nodeId === 'b')?.bytesWaiting ?? 0;
  expect(waiting).toBeLessThan(2_000_000);
});
