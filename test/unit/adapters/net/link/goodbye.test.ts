// The end of a node: its peers have its goodbye by the time that it says to be closed, so a process may exit then.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, LOOPBACK, started } from '../../../../support/net/link-node.ts';
import { TcpProxy } from '../../../../support/servers/tcp-proxy.ts';

afterEach(closeAll);

test('a node that only dials has said goodbye once it is closed', async () => {
  const server = await started('a');
  const client = await started('b', { listen: [], peers: [server.address] });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  await within(5000, client.links.close());
  expect(server.downs).toEqual([expect.stringContaining('shutdown')]);
});

test('a peer that does not take the goodbye holds up no one for long, nor do strangers', async () => {
  const server = await started('a', { silenceMs: 60_000 });
  const proxy = await TcpProxy.start(server.address.port);
  const client = await started('b', { silenceMs: 60_000, peers: [{ ...LOOPBACK, port: proxy.port }] });
  await within(5000, () => client.up.length === 1 && server.up.length === 1);
  const stranger = connect(client.address).resume();
  await within(5000, () => client.links.figures().handshakes === 1);
  proxy.halfOpen(true);
  await within(5000, Promise.all([client.links.close(), server.links.close(), client.links.close()]));
  await within(5000, () => stranger.destroyed || stranger.readyState === 'closed');
  await proxy.stop();
});

test('who is still about to say hello hears the goodbye, too', async () => {
  const server = await started('a', { credentials: Credentials.insecure() });
  const chunks: Buffer[] = [];
  const stranger = connect(server.address).on('data', (chunk) => chunks.push(chunk));
  await within(5000, () => chunks.length > 0);
  const ended = once(stranger, 'close');
  await within(5000, server.links.close());
  await within(5000, ended);
  expect(Buffer.concat(chunks).toString('latin1')).toContain('the node stops');
});
