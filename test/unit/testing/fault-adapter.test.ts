// The fault adapter does to a real one what it is told, and nothing else.
import { expect, test } from 'vitest';
import type { Adapter, Batch, ShardPage } from '../../../src/adapter/contract.ts';
import { memory } from '../../../src/adapters/memory/index.ts';
import { noop } from '../../../src/adapters/noop/index.ts';
import { BatchMaker, type FaultControl, fault, faulty, ManualEnvironment } from '../../../src/testing/index.ts';
import { within } from '../../../src/testing/within.ts';

const { signal } = new AbortController();

async function opened(): Promise<{
  adapter: Adapter;
  faults: FaultControl;
  environment: ManualEnvironment;
  batch: Batch;
}> {
  const environment = new ManualEnvironment();
  const factory = faulty(memory(), environment);
  const adapter = factory.create();
  await adapter.init({ producer: 'p', now: () => 0n, report: () => undefined });
  return { adapter, faults: factory.faults, environment, batch: new BatchMaker().batch(0, ['a', 'b', 'c']) };
}

async function stored(adapter: Adapter): Promise<number> {
  return (await poll(adapter)).records.length;
}

function poll(adapter: Adapter): Promise<ShardPage> {
  return adapter.pollShard(0, { after: undefined, limit: 10, maxBytes: 100, signal });
}

test('has exactly the optional methods of the real adapter', () => {
  expect('watch' in faulty(noop()).create()).toBe(false);
  expect(faulty(noop()).create().seek).toBeUndefined();
  expect(faulty(memory()).create().seek).toBeTypeOf('function');
});

test('fails once, n times, and for good, without doing anything', async () => {
  const { adapter, faults, batch } = await opened();
  faults.onBatch = fault.times(2, fault.fail('Backpressure'));
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Backpressure' });
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Backpressure' });
  expect(await stored(adapter)).toBe(0);
  await adapter.onBatch(batch, { signal });
  expect(await stored(adapter)).toBe(3);
  const error = new TypeError('its own');
  faults.onBatch = fault.fail(() => error);
  for (let nth = 0; nth < 3; nth += 1) await expect(adapter.onBatch(batch, { signal })).rejects.toBe(error);
  expect(faults.count('onBatch')).toBe(6);
});

test('stores half, then fails; fails after it stored all', async () => {
  const { adapter, faults, batch } = await opened();
  faults.onBatch = fault.once(fault.half());
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Transient' });
  expect(await stored(adapter)).toBe(1);
  faults.onBatch = fault.once(fault.failAfter('Fatal'));
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Fatal' });
  expect(await stored(adapter)).toBe(3);
});

test('hangs until its signal aborts, or deaf to it until it is released, and then succeeds', async () => {
  const { adapter, faults, batch } = await opened();
  const controller = new AbortController();
  faults.onBatch = fault.hang();
  const hearing = adapter.onBatch(batch, { signal: controller.signal });
  faults.onBatch = fault.hang({ deaf: true });
  const deaf = adapter.onBatch(batch, { signal: controller.signal });
  expect(faults.held('onBatch')).toBe(2);
  controller.abort(new Error('time-out'));
  await expect(hearing).rejects.toThrow('time-out');
  expect(faults.held()).toBe(1);
  expect(await stored(adapter)).toBe(0);
  faults.release('onBatch');
  await deaf;
  expect(await stored(adapter)).toBe(3);
});

test('is slow by the clock that it is given', async () => {
  const { adapter, faults, environment, batch } = await opened();
  faults.onBatch = fault.slow(300);
  const taking = adapter.onBatch(batch, { signal });
  await environment.advance(299);
  expect(await stored(adapter)).toBe(0);
  await environment.advance(1);
  await taking;
  expect(await stored(adapter)).toBe(3);
});

test('wakes watchers while a read returns nothing, and hands out an old answer late', async () => {
  const { adapter, faults, batch } = await opened();
  const woken: number[] = [];
  const stop = adapter.watch?.((shard) => woken.push(shard));
  await adapter.onBatch(batch, { signal });
  faults.pollShard = fault.once(fault.emptyRead());
  expect(await poll(adapter)).toMatchObject({ records: [], hasMore: false });
  expect(woken).toEqual([0, 0]);
  faults.pollShard = fault.once(fault.hangAfter());
  const old = poll(adapter);
  await within(5000, () => faults.held('pollShard') > 0);
  await adapter.onBatch(new BatchMaker({ producer: 'other' }).batch(0, ['d']), { signal });
  faults.release('pollShard');
  expect((await old).records).toHaveLength(3);
  expect(await stored(adapter)).toBe(4);
  stop?.();
  faults.wake(0);
  expect([woken.length, faults.watchers]).toEqual([3, 0]);
});

test('chooses by the number of the call, and tells each call with its signal', async () => {
  const { adapter, faults } = await opened();
  const calls: (string | number | boolean | undefined)[][] = [];
  faults.onCall = (entry) => calls.push([entry.call, entry.shard, entry.signal === signal]);
  faults.tail = (nth) => (nth === 1 ? fault.fail('Connection') : undefined);
  await adapter.tail(4, { signal });
  await expect(adapter.tail(4, { signal })).rejects.toMatchObject({ kind: 'Connection' });
  await adapter.flush({ signal });
  expect(calls).toEqual([
    ['tail', 4, true],
    ['tail', 4, true],
    ['flush', undefined, true],
  ]);
});
