// A member that lies: what it tells of other people's streams, and what that may do to a node.
import { afterEach, expect, test } from 'vitest';
import { encodeFrameHead, encodeMessage } from '../../../../src/adapters/net/protocol/messages.ts';
import { BatchMaker } from '../../../../src/testing/batch-maker.ts';
import { within } from '../../../../src/testing/index.ts';
import { closeAll, keyed, type LinkNode, addressOf as linkAddress, started } from '../../../support/net/link-node.ts';
import { addressOf, eventsOf, figuresOf, MESH_KEY, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
afterEach(async () => {
  await closeAll();
  await buses.close();
});

async function liarAt(bus: Parameters<typeof addressOf>[0]): Promise<LinkNode> {
  const peers = [linkAddress(addressOf(bus))];
  const liar = await started('zzzz-liar', { listen: [], peers, credentials: keyed(Buffer.from(MESH_KEY)) });
  await within(5000, () => liar.up.length === 1);
  return liar;
}

test('a member that sends events in the name of a node to that node is cut off, and the events of the node stay', async () => {
  const a = await buses.node({ listen: 0 }, { shards: 1 });
  const liar = await liarAt(a);
  const producer = figuresOf(a).nodeId;
  const { frame } = new BatchMaker({ producer }).batch(0, ['forged 1', 'forged 2', 'forged 3']);
  const introduces = { shard: 0, producer, newestMs: Date.now() };
  liar.link.send(encodeMessage({ kind: 'ranges', entries: [{ number: 0, from: 0, to: 3, introduces }] }));
  liar.link.send(encodeFrameHead({ number: 0, after: 0, lost: 0 }), frame);
  await within(5000, () => figuresOf(a).ended.breach === 1);
  a.ingestRaw('mine');
  await within(5000, a.flush());
  expect((await eventsOf(a)).map((event) => event.text())).toEqual(['mine']);
});
