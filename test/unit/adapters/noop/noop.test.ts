// The adapter that discards.
import { expect, test } from 'vitest';
import { noop } from '../../../../src/adapters/noop/index.ts';
import { PositionError } from '../../../../src/errors/position-error.ts';

const { signal } = new AbortController();

test('keeps nothing: it releases batches, has one store id, and no position', async () => {
  const factory = noop();
  const adapter = factory.create();
  expect([factory.kind, adapter.name, adapter.capabilities]).toEqual(['noop', 'noop', { releasesBatches: true }]);
  expect(await adapter.init({ producer: 'p', now: () => 0n, report: () => undefined })).toEqual({ storeId: 'noop' });
  const query = { after: '1', limit: 1, maxBytes: 1, signal };
  await expect(adapter.pollShard(0, query)).rejects.toBeInstanceOf(PositionError);
});
