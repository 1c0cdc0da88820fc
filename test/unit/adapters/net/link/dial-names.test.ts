// A peer that is given as a name: every address of it is tried, with every key, whatever the others say.
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, KEY, type LinkNode, started } from '../../../../support/net/link-node.ts';

afterEach(closeAll);

const FREE = '127.0.0.2';
const OTHER_KEY = Buffer.alloc(32, 9);

async function dialler(server: LinkNode, addresses: readonly string[], more: object = {}): Promise<LinkNode> {
  const peers = [{ host: 'mesh.test', port: server.address.port }];
  return started('b', { listen: [], peers, reconnectMaxMs: 20, resolve: async () => addresses, ...more });
}

test('an address of a name where nobody is costs no attempt: the next one is tried at once', async () => {
  const server = await started('a');
  const client = await dialler(server, [FREE, '127.0.0.1']);
  await within(5000, () => client.up.length === 1);
  expect(client.findings).toEqual([]);
});

test.each([
  [['127.0.0.1', FREE]],
  [[FREE, '127.0.0.1']],
  [[FREE, '127.0.0.1', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6']],
])('while keys are changed, each address is tried with each key: %j', async (addresses) => {
  const server = await started('a');
  const credentials = Credentials.ofKeys([
    ['next', OTHER_KEY],
    ['default', KEY],
  ]);
  const client = await dialler(server, addresses, { credentials });
  await within(5000, () => client.up.length === 1);
});

test('what went wrong is told of each address', async () => {
  const server = await started('a');
  const client = await dialler(server, ['127.0.0.1', FREE], { credentials: Credentials.ofKeys([['x', OTHER_KEY]]) });
  await within(5000, () => client.links.figures().dials[0]?.lastError !== undefined);
  const told = client.links.figures().dials[0]?.lastError;
  expect(told).toContain('127.0.0.1: refused: the other side does not know this key id');
  expect(told).toContain(`${FREE}: connect ECONNREFUSED`);
});
