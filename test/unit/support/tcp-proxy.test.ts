// A connection of which bytes were lost never passes later ones: they would be taken for what was lost.
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { within } from '../../../src/testing/index.ts';
import { TcpProxy } from '../../support/servers/tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;

beforeAll(async () => {
  server = createServer((socket) => socket.on('data', (chunk) => socket.write(chunk)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start((server.address() as { port: number }).port);
});
afterAll(async () => {
  await proxy.stop();
  server.close();
});

test('a connection that fell silent with a lost reply stays silent when half-open ones are let go', async () => {
  const got: string[] = [];
  const client = connect(proxy.port, '127.0.0.1');
  client.on('data', (chunk) => got.push(chunk.toString()));
  const lost = proxy.loseReply({ request: (chunk) => chunk.includes('one'), after: 'silence' });
  client.write('one');
  await within(5000, lost);
  client.write('two');
  proxy.halfOpen(true);
  proxy.halfOpen(false);
  // What another connection gets later than `two` was sent shows that `two` could have come.
  const other = connect(proxy.port, '127.0.0.1');
  other.write('three');
  expect(String((await within(5000, once(other, 'data')))[0])).toBe('three');
  other.destroy();
  proxy.cut();
  await within(5000, once(client, 'close'));
  expect(got).toEqual([]);
});
