// What a member calls itself is seen in findings and figures: nothing of it may write lines or colours of its own there.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../../src/testing/index.ts';
import { addressOf, closeAll, started } from '../../../../support/net/link-node.ts';

afterEach(closeAll);

test.each(['b\nA link with root is up.', 'b\u001b[31m', 'b\u202e'])(
  'a node with the id %j is refused',
  async (nodeId) => {
    const server = await started('a');
    await started(nodeId, { listen: [], peers: [server.address] });
    await within(5000, () => server.findings.length > 0);
    expect(server.up).toEqual([]);
    expect(server.findings[0]?.message).toContain('an id with characters that cannot be shown');
  },
);

test('a peer that tells no address as its address is shown by the one that it comes from', async () => {
  const server = await started('a');
  const told = { ...addressOf('10.0.0.9:7'), host: '10.0.0.9\n' };
  const client = await started('b', { listen: [], advertise: [told], peers: [server.address] });
  await within(5000, () => server.up.length === 1 && client.up.length === 1);
  expect(server.link.peer.address).toMatch(/^127\.0\.0\.1:\d+$/);
});
