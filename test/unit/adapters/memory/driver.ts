// The calls that the tests of the memory store share.
import type { Adapter, AdapterContext, Batch, ShardPage, ShardQuery } from '../../../../src/adapter/contract.ts';
import { memory } from '../../../../src/adapters/memory/index.ts';

export const { signal } = new AbortController();
export const context: AdapterContext = { producer: 'p', now: () => 0n, report: () => undefined };

export async function open(factory = memory()): Promise<Adapter> {
  const adapter = factory.create();
  await adapter.init(context);
  return adapter;
}

export async function put(adapter: Adapter, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) await adapter.onBatch(batch, { signal });
}

export function poll(adapter: Adapter, shard: number, asked: Partial<ShardQuery> = {}): Promise<ShardPage> {
  return adapter.pollShard(shard, { after: undefined, limit: 1000, maxBytes: 1_000_000, signal, ...asked });
}

export function texts(page: ShardPage): string[] {
  return page.records.map((record) => Buffer.from(record.bytes).toString());
}
