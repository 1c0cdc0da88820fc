// Links between real sockets: they come up, carry messages, notice cuts and come back.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../../src/testing/index.ts';
import { TcpProxy } from '../../../../support/servers/tcp-proxy.ts';
import { closeAll, LOOPBACK, started } from './driver.ts';

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
