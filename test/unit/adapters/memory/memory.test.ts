// The memory store behind its adapter: bounds, gaps, restarts on one factory. The rest is in test/conformance.
import { expect, test } from 'vitest';
import type { Adapter, AdapterContext, Batch, ShardPage } from '../../../../src/adapter/contract.ts';
import { type MemoryOptions, memory } from '../../../../src/adapters/memory/index.ts';
import { BatchMaker } from '../../../../src/testing/batch-maker.ts';

const { signal } = new AbortController();
const context: AdapterContext = { producer: 'p', now: () => 0n, report: () => undefined };

async function open(factory = memory()): Promise<Adapter> {
  const adapter = factory.create();
  await adapter.init(context);
  return adapter;
}

function opened(options: MemoryOptions): Promise<Adapter> {
  return open(memory(options));
}

function put(adapter: Adapter, batch: Batch): Promise<void> {
  return adapter.onBatch(batch, { signal });
}

function poll(adapter: Adapter, shard = 0, after?: string, limit = 1000): Promise<ShardPage> {
  return adapter.pollShard(shard, { after, limit, maxBytes: 1_000_000, signal });
}

const texts = (page: ShardPage): string[] => page.records.map((record) => Buffer.from(record.bytes).toString());

test('C5 keeps exactly the newest maxEvents events of all shards and tells the rest as a gap ', async () => {
  const adapter = await opened({ maxEvents: 5 });
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b', 'c']));
  await put(adapter, maker.batch(1, ['d', 'e']));
  await put(adapter, maker.batch(0, ['f', 'g']));
  const first = await poll(adapter, 0);
  expect(texts(first)).toEqual(['c', 'f', 'g']);
  expect(first.gap).toEqual({ shard: 0, reason: 'trimmed', count: 2 });
  expect(texts(await poll(adapter, 1))).toEqual(['d', 'e']);
  await put(adapter, maker.batch(1, ['h', 'i', 'j']));
  expect(texts(await poll(adapter, 0))).toEqual(['f', 'g']);
  expect((await poll(adapter, 1)).gap).toEqual({ shard: 1, reason: 'trimmed', count: 2 });
});
