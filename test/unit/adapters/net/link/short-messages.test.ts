// Short messages may be sent whatever the window says, but not without end.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, LOOPBACK, started } from '../../../../support/net/link-node.ts';
import { TcpProxy } from '../../../../support/servers/tcp-proxy.ts';

const proxies: TcpProxy[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

test('a peer that never reads is cut off before short messages to it fill the memory', async () => {
  const server = await started('a');
  const proxy = await TcpProxy.start(server.address.port);
  proxies.push(proxy);
  await started('b', { listen: [], peers: [{ ...LOOPBACK, port: proxy.port }] });
  await within(5000, () => server.up.length === 1);
  proxy.halfOpen(true);
  const { link } = server;
  const message = Buffer.alloc(1000, 16);
  for (let nth = 0; nth < 50_000; nth += 1) link.send(message);
  await within(5000, () => server.downs.length === 1);
  expect(server.downs[0]).toContain('stalled');
});
