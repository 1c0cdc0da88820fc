// How long a cursor is: 8 producers, and one node that is started again and again.
import { ok } from 'node:assert/strict';
import { test } from 'vitest';
import { ModelDisk } from './model-disk.ts';
import { ModelNode } from './model-node.ts';
import { VirtualTime } from './virtual-time.ts';

const SHARD = 0;
/** Longer than a cover takes to be made. */
const UP_MS = 8000;

function open(disk: ModelDisk, time: VirtualTime, producer: string): Promise<ModelNode> {
  return ModelNode.open(disk, {
    time,
    producer,
    receives: true,
    forgetAfterMs: 1_000_000_000,
    maxEvents: 1_000_000,
    appendDelay: undefined,
    report: ({ message, cause }) => {
      throw new Error(message, { cause });
    },
  });
}

async function readOn(node: ModelNode, cursor: string | undefined): Promise<string | undefined> {
  const page = await node.page(SHARD, cursor, 100);
  ok(!page.hasMore);
  return page.next;
}

test('100 restarts do not make a cursor grow: it stays below 200 bytes', async () => {
  const time = new VirtualTime();
  const disk = new ModelDisk();
  let cursor: string | undefined;
  for (let nth = 0; nth < 100; nth += 1) {
    const node = await open(disk, time, `00000000000000aa-00000000000000${nth}`);
    await node.write(SHARD, 3, 0);
    await time.runTo(time.nowMs + UP_MS);
    cursor = await readOn(node, cursor);
    node.kill();
    ok((cursor?.length ?? 0) < 200, `${cursor?.length} bytes after ${nth + 1} starts`);
  }
});
