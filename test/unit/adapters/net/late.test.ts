// Events that reach a node after younger ones were read there: what a poll in the order of stamps makes of them.
import { afterEach, expect, test } from 'vitest';
import { memory, Ordering } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, MeshBuses, untilEvents } from '../../../support/net/mesh-buses.ts';

const BY_STAMP = { limit: 100, ordering: Ordering.Timestamp };
const buses = new MeshBuses();
afterEach(() => buses.close());

test('C4 what a node brings that was away comes once, marked late behind what is younger', async () => {
  const store = memory();
  const away = await buses.node({ store }, { shards: 1 });
  away.ingestRaw('old 1');
  away.ingestRaw('old 2');
  await away.flush();
  await away.shutdown();
  const node = await buses.node({ listen: 0 }, { shards: 1 });
  node.ingestRaw('young 1');
  await node.flush();
  const first = await within(5000, node.poll({ ...BY_STAMP, from: 'earliest' }));
  expect(first.events.map((event) => [event.text(), event.late])).toEqual([['young 1', false]]);
  await buses.node({ store, peers: [addressOf(node)] }, { shards: 1 });
  await untilEvents(node, 3);
  node.ingestRaw('young 2');
  await node.flush();
  const second = await node.poll({ ...BY_STAMP, from: first.cursor });
  expect(second.events.map((event) => [event.text(), event.late])).toEqual([
    ['old 1', true],
    ['old 2', true],
    ['young 2', false],
  ]);
  const whole = await node.poll({ ...BY_STAMP, from: 'earliest' });
  expect(whole.events.map((event) => [event.text(), event.late])).toEqual([
    ['young 1', false],
    ['old 1', true],
    ['old 2', true],
    ['young 2', false],
  ]);
});
