// The smallest mesh: two nodes, one link.
import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { ModelDisk } from './model-disk.ts';
import { ModelLink } from './model-link.ts';
import { ModelNode } from './model-node.ts';
import { VirtualTime } from './virtual-time.ts';

async function payloads(node: ModelNode, shard: number): Promise<string[]> {
  const { records } = await node.page(shard, undefined, 1000);
  return records.map((record) => Buffer.from(record.bytes).toString());
}

async function pair(time: VirtualTime): Promise<readonly [ModelNode, ModelNode]> {
  const open = (producer: string): Promise<ModelNode> =>
    ModelNode.open(new ModelDisk(), {
      time,
      producer,
      receives: true,
      forgetAfterMs: 1_000_000,
      maxEvents: 1000,
      appendDelay: undefined,
      report: ({ message, cause }) => {
        throw new Error(message, { cause });
      },
    });
  return [await open('a'), await open('b')];
}

test('two nodes that are linked have the same events, those from before and those after', async () => {
  const time = new VirtualTime();
  const [a, b] = await pair(time);
  await a.write(0, 3, 0);
  const ends = [a, b].map((each) => ({ listener: each.node, self: each.self })) as never as [never, never];
  new ModelLink(...ends, {
    time,
    delayMs: () => 5,
    windowBytes: 10_000,
    onBreach: (reason) => {
      throw new Error(reason);
    },
  });
  await time.runTo(1100);
  deepStrictEqual(await payloads(b, 0), ['a:1', 'a:2', 'a:3']);
  await a.write(0, 2, 0);
  await b.write(0, 1, 0);
  await time.runTo(1200);
  deepStrictEqual(await payloads(b, 0), ['a:1', 'a:2', 'a:3', 'b:1', 'a:4', 'a:5']);
  deepStrictEqual((await payloads(a, 0)).sort(), ['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'b:1']);
});
