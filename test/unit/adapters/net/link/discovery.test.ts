// Joining a mesh by knowing one member.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, type LinkNode, started } from '../../../../support/net/link-node.ts';

afterEach(closeAll);

/** Loopback is the only network of the tests: here its addresses count as those of elsewhere. */
const ANYWHERE = { discover: true, isLearnable: () => true };

async function advertised(nodeId: string, more: object): Promise<LinkNode> {
  const probe = await started(nodeId);
  const { address } = probe;
  await probe.links.close();
  return started(nodeId, { listen: [address], advertise: [address], ...more });
}

test('a node that knows one member is linked with all of them, and links go on when that one leaves', async () => {
  const first = await advertised('a', ANYWHERE);
  const nodes = [first];
  for (const nodeId of ['b', 'c', 'd', 'e']) {
    nodes.push(await advertised(nodeId, { ...ANYWHERE, peers: [first.address] }));
  }
  await within(10_000, () => nodes.every((node) => node.up.length === 4));
  await first.links.close();
  await within(5000, () => nodes.slice(1).every((node) => node.up.length === 3));
  expect(nodes[1]?.links.figures().dials.some(({ learned }) => learned)).toBe(true);
});

test('a node that does not discover dials nobody it was told of, and loopback is never learned', async () => {
  const first = await advertised('a', { discover: true });
  const [b, c] = [
    await advertised('b', { isLearnable: () => true, peers: [first.address] }),
    await advertised('c', { discover: true, peers: [first.address] }),
  ];
  await within(5000, () => first.up.length === 2);
  first.say('after the addresses');
  first.up[1]?.send(Buffer.from('\x10after the addresses'));
  await within(5000, () => b.heard.length === 1 && c.heard.length === 1);
  expect([b.links.figures().dials.length, c.links.figures().dials.length]).toEqual([1, 1]);
});
