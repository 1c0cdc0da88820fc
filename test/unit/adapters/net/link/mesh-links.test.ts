// Links between real sockets: they come up, carry messages, notice cuts and come back.
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { within } from '../../../../../src/testing/index.ts';
import { Authority } from '../../../../support/certificates.ts';
import { closeAll, KEY, keyed, LinkNode, LOOPBACK, started } from '../../../../support/net/link-node.ts';
import { TcpProxy } from '../../../../support/servers/tcp-proxy.ts';

afterEach(closeAll);

test('two nodes with one key link up, exchange messages, notice a cut and link up again', async () => {
  const server = await started('a');
  const proxy = await TcpProxy.start(server.address.port);
  const client = await started('b', { listen: [], peers: [{ ...LOOPBACK, port: proxy.port }] });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  expect(client.link.peer).toMatchObject({ nodeId: 'a', receives: true, durable: false });
  expect(server.link.peer).toMatchObject({ nodeId: 'b' });
  client.say('to a');
  server.say('to b');
  await within(5000, () => client.heard.length === 1 && server.heard.length === 1);
  expect([client.heard, server.heard]).toEqual([['to b'], ['to a']]);
  proxy.cut();
  await within(5000, () => client.downs.length === 1 && server.downs.length === 1);
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  client.say('again');
  await within(5000, () => server.heard.includes('again'));
  await client.links.close();
  await within(5000, () => server.downs.length === 2);
  expect(server.downs[1]).toContain('shutdown');
  await proxy.stop();
});

test('nodes with certificates of one authority link up; a stranger never does, and does not stop asking', async () => {
  const authority = new Authority('mesh');
  const certified = (from: Authority): Credentials =>
    Credentials.ofCertificate({ ...from.issue('node'), ca: authority.cert });
  const server = await started('a', { credentials: certified(authority) });
  const member = await started('b', { listen: [], peers: [server.address], credentials: certified(authority) });
  const stranger = await started('c', { peers: [server.address], credentials: certified(new Authority('mesh')) });
  await within(5000, () => member.up.length === 1);
  await within(5000, () => (stranger.links.figures().dials[0]?.attempts ?? 0) > 3);
  expect([stranger.up, server.up.length]).toEqual([[], 1]);
  expect(server.links.figures().refused.refused).toBeGreaterThan(0);
  expect(server.findings.map(({ kind }) => kind)).toContain('net-refused');
});

test('a node with a wrong key is told so, and links up once the other one has its key', async () => {
  const first = await started('a', { credentials: keyed(Buffer.alloc(32, 1)) });
  const client = await started('b', { listen: [], peers: [first.address], reconnectMaxMs: 50 });
  await within(5000, () => client.links.figures().dials[0]?.lastError?.includes('the key of this id is another one'));
  const { address } = first;
  await first.links.close();
  await started('a2', { listen: [address], credentials: keyed(KEY) });
  await within(5000, () => client.up.length === 1);
});

test('nodes without encryption link up when both are told to', async () => {
  const server = await started('a', { credentials: Credentials.insecure() });
  const client = await started('b', { listen: [], peers: [server.address], credentials: Credentials.insecure() });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  client.say('plain');
  await within(5000, () => server.heard.length === 1);
});

test('two nodes that dial each other keep one link, the one that the smaller id has dialled', async () => {
  const [a, b] = [await started('a'), await started('b')];
  const dialling = new LinkNode('z', { listen: [a.address, b.address] });
  await expect(dialling.links.start()).rejects.toThrow(/port \d+ is in use/);
  const { address } = a;
  await a.links.close();
  const again = await started('a', { listen: [address], peers: [b.address] });
  const [port] = [again.address.port];
  await within(5000, () => again.up.length === 1 && b.up.length === 1);
  const third = await started('c', { peers: [{ ...LOOPBACK, port }, b.address, b.address] });
  await within(5000, () => third.up.length === 2);
  expect(third.links.figures().links.every(({ dialled }) => dialled)).toBe(true);
  expect([...third.downs, ...again.downs, ...b.downs].filter((down) => !down.includes('duplicate'))).toEqual([]);
});

test('both dial at once, again and again: one link on both sides, and nothing twice', async () => {
  const a = await started('a');
  const b = await started('b', { peers: [a.address, a.address, a.address] });
  const c = await started('0', { peers: [a.address, b.address, b.address, a.address] });
  await within(5000, () => [a, b, c].every((node) => node.up.length === 2));
  await within(5000, () => c.links.figures().dials.every(({ linked }) => linked));
  for (const node of [a, b, c]) expect(new Set(node.up.map(({ peer }) => peer.nodeId)).size).toBe(2);
});

test('a node that dials itself notices, and serves others all the same', async () => {
  const node = await started('a');
  const { address } = node;
  await node.links.close();
  const self = await started('a', { listen: [address], peers: [address] });
  const other = await started('b', { listen: [], peers: [address] });
  await within(5000, () => self.links.figures().ended.self !== undefined);
  await within(5000, () => other.up.length === 1);
  expect(self.up.map(({ peer }) => peer.nodeId)).toEqual(['b']);
});

test('members of another mesh are refused with both names', async () => {
  const server = await started('a', { mesh: 'one' });
  const client = await started('b', { listen: [], peers: [server.address], mesh: 'two' });
  await within(5000, () => client.links.figures().dials[0]?.lastError?.includes('mesh'));
  expect(client.links.figures().dials[0]?.lastError).toMatch(/"two".*"one"/);
  await within(5000, () => server.findings.some(({ kind }) => kind === 'net-mesh'));
  expect([client.up, server.up]).toEqual([[], []]);
});

test('a node takes as many peers as it may, and the next one when a place is free', async () => {
  const server = await started('a', { maxPeers: 1 });
  const first = await started('b', { listen: [], peers: [server.address] });
  await within(5000, () => first.up.length === 1);
  const second = await started('c', { listen: [], peers: [server.address], reconnectMaxMs: 50 });
  await within(5000, () => second.links.figures().dials[0]?.lastError?.includes('maxPeers'));
  await first.links.close();
  await within(5000, () => second.up.length === 1);
});

test('IPv6 and several addresses are listened on, and an address that this machine lacks is told', async () => {
  const server = await started('a', { listen: [LOOPBACK, { host: '::1', port: 0 }] });
  const [, six] = server.links.listening as [string, string];
  expect(six).toMatch(/^\[::1\]:\d+$/);
  const client = await started('b', { listen: [], peers: [{ host: '::1', port: Number(six.slice(6)) }] });
  await within(5000, () => client.up.length === 1);
  const elsewhere = new LinkNode('c', { listen: [LOOPBACK, { host: '203.0.113.7', port: 7 }] });
  await expect(elsewhere.links.start()).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining('203.0.113.7:7: this machine has no such address'),
  });
});

test('the figures of a link tell where it leads, how fast it answers and what went through', async () => {
  const server = await started('a', { pingMs: 50 });
  const client = await started('b', { listen: [], peers: [server.address], pingMs: 50 });
  await within(5000, () => client.up.length === 1);
  client.link.send(Buffer.alloc(50_000, 16));
  await within(5000, () => (client.links.figures().links[0]?.rttMs ?? 0) > 0 && server.heardBytes === 50_000);
  const { address } = server;
  expect(client.links.figures().links).toMatchObject([
    { nodeId: 'a', address: `127.0.0.1:${address.port}`, dialled: true, receives: true, bytesWaiting: 0 },
  ]);
  expect(client.links.figures().links[0]?.bytesOut).toBeGreaterThan(50_000);
  expect(server.links.figures().links[0]?.bytesIn).toBeGreaterThan(50_000);
  expect(server.links.figures()).toMatchObject({ nodeId: 'a', handshakes: 0, listening: server.links.listening });
});
