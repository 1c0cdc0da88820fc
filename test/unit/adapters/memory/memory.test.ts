// The memory store behind its adapter: bounds, gaps, positions, restarts on one factory. The rest is in
// test/conformance.
import { expect, test } from 'vitest';
import type { Finding } from '../../../../src/adapter/finding.ts';
import { memory } from '../../../../src/adapters/memory/index.ts';
import { ConfigError } from '../../../../src/errors/config-error.ts';
import { PositionError } from '../../../../src/errors/position-error.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { context, open, poll, put, signal, texts } from './driver.ts';

test('C5 keeps exactly the newest maxEvents events of all shards and tells the rest as a gap', async () => {
  const adapter = await open(memory({ maxEvents: 5 }));
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b', 'c']), maker.batch(1, ['d', 'e']), maker.batch(0, ['f', 'g']));
  const first = await poll(adapter, 0);
  expect(texts(first)).toEqual(['c', 'f', 'g']);
  expect(first.gap).toEqual({ shard: 0, reason: 'trimmed', count: 2 });
  expect(texts(await poll(adapter, 1))).toEqual(['d', 'e']);
  await put(adapter, maker.batch(1, ['h', 'i', 'j']));
  expect(texts(await poll(adapter, 0))).toEqual(['f', 'g']);
  expect((await poll(adapter, 1)).gap).toEqual({ shard: 1, reason: 'trimmed', count: 2 });
});

test('C5 a reader in the middle gets the gap from where it stood, and one behind the trim gets none', async () => {
  const adapter = await open(memory({ maxEvents: 4 }));
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b', 'c', 'd']));
  const [, second, third] = (await poll(adapter, 0)).records;
  await put(adapter, maker.batch(0, ['e', 'f', 'g']));
  const page = await poll(adapter, 0, { after: second?.position });
  expect(texts(page)).toEqual(['d', 'e', 'f', 'g']);
  expect(page.gap?.count).toBe(1);
  expect((await poll(adapter, 0, { after: third?.position })).gap).toBeUndefined();
});

test('C5 the gap also counts events that were dropped among the trimmed ones', async () => {
  const adapter = await open(memory({ maxEvents: 1 }));
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a']));
  maker.lose(0, 10);
  await put(adapter, maker.batch(0, ['b']));
  maker.lose(0, 5);
  await put(adapter, maker.batch(0, ['c']));
  const page = await poll(adapter, 0);
  expect(page.gap?.count).toBe(1 + 10 + 1);
  expect(page.records.map((record) => record.lostBefore)).toEqual([5]);
});

test('C5 a shard of which nothing is left has a gap and goes on behind it', async () => {
  const adapter = await open(memory({ maxEvents: 2 }));
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b']), maker.batch(1, ['c', 'd']));
  const page = await poll(adapter, 0);
  expect(page).toMatchObject({ records: [], hasMore: false, gap: { count: 2 } });
  expect(await poll(adapter, 0, { after: page.next })).toMatchObject({ records: [], gap: undefined, next: page.next });
  await put(adapter, maker.batch(0, ['e']));
  expect(texts(await poll(adapter, 0, { after: page.next }))).toEqual(['e']);
});

test('keeps at most maxBytes of records, and the newest event whatever its size', async () => {
  const adapter = await open(memory({ maxBytes: 100 }));
  const maker = new BatchMaker();
  // 40 bytes each: 32 of header, 8 of payload.
  await put(adapter, maker.batch(0, ['12345678', '23456781', '34567812']));
  expect(texts(await poll(adapter, 0))).toEqual(['23456781', '34567812']);
  expect(await adapter.listShards?.()).toMatchObject([{ shard: 0, events: 2, bytes: 80 }]);
  await put(adapter, maker.batch(1, ['x'.repeat(1000)]));
  expect(texts(await poll(adapter, 0))).toEqual([]);
  expect(texts(await poll(adapter, 1))).toEqual(['x'.repeat(1000)]);
});

test('C2 refuses a position behind the end of the shard, or of a shard that it does not know', async () => {
  const adapter = await open();
  await put(adapter, new BatchMaker().batch(0, ['a', 'b']));
  for (const after of ['3', '0', '01', '+1', '1e0', '1.0', '9007199254740993', '1 ']) {
    await expect(poll(adapter, 0, { after })).rejects.toBeInstanceOf(PositionError);
  }
  await expect(poll(adapter, 1, { after: '1' })).rejects.toBeInstanceOf(PositionError);
});

test('a time among the trimmed events begins at the start, so that the gap is told', async () => {
  const adapter = await open(memory({ maxEvents: 2 }));
  const maker = new BatchMaker({ firstTimestampNs: 1000n });
  await put(adapter, maker.batch(0, ['a', 'b', 'c', 'd']));
  const seek = (ns: bigint): unknown => adapter.seek?.(0, ns, { signal });
  expect(await seek(1001n)).toBeUndefined();
  expect(await seek(1002n)).toBe('2');
  expect(await seek(1004n)).toBe('4');
});

test('C5 a time that finds the event after a loss begins before the loss', async () => {
  const adapter = await open();
  const maker = new BatchMaker({ firstTimestampNs: 1000n });
  await put(adapter, maker.batch(0, ['a']));
  maker.lose(0, 3);
  await put(adapter, maker.batch(0, ['b']));
  const after = await adapter.seek?.(0, 1001n, { signal });
  const page = await poll(adapter, 0, { after });
  expect(after).toBe('1');
  expect(page.records.map((record) => record.lostBefore)).toEqual([3]);
});

test('a bus that is made again on the same memory() goes on, and one on another memory() does not', async () => {
  const factory = memory();
  const maker = new BatchMaker({ firstTimestampNs: 5000n });
  const first = factory.create();
  const info = await first.init(context);
  expect(info.lastTimestampNs).toBeUndefined();
  await put(first, maker.batch(0, ['a']));
  await first.shutdown({ signal });
  const second = factory.create();
  expect(await second.init(context)).toEqual({ ...info, lastTimestampNs: 5000n });
  expect(texts(await poll(second, 0))).toEqual(['a']);
  expect((await memory().create().init(context)).storeId).not.toBe(info.storeId);
});

test('a refused second bus that shuts down does not take the store from the first', async () => {
  const factory = memory();
  await open(factory);
  const second = factory.create();
  await expect(second.init(context)).rejects.toMatchObject({ kind: 'Connection' });
  await second.shutdown({ signal });
  await expect(open(factory)).rejects.toMatchObject({ kind: 'Connection' });
});

test('a watcher that throws is reported as a finding', async () => {
  const findings: Finding[] = [];
  const adapter = memory().create();
  await adapter.init({ ...context, report: (finding) => findings.push(finding) });
  const cause = new Error('of the watcher');
  adapter.watch?.(() => {
    throw cause;
  });
  await put(adapter, new BatchMaker().batch(6, ['a']));
  expect(findings).toEqual([{ kind: 'watcher-failed', shard: 6, message: expect.any(String), cause }]);
});

test('G1 reports every fault of the options at once, and unknown ones by name without their value', () => {
  const options = JSON.parse('{"maxEvents":0,"maxBytes":1.5,"maxAge":7,"__proto__":{"maxEvents":1}}');
  let error: unknown;
  try {
    memory(options);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).faults).toEqual([
    { path: 'memory.maxAge', expected: 'no such option' },
    { path: 'memory.__proto__', expected: 'no such option' },
    { path: 'memory.maxEvents', expected: 'a whole number from 1 to 2^53 - 1', value: '0' },
    { path: 'memory.maxBytes', expected: 'a whole number from 1 to 2^53 - 1', value: '1.5' },
  ]);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1, '5', null, 2 ** 53, 5n]) {
    expect(() => memory({ maxEvents: bad as number })).toThrow(ConfigError);
  }
  for (const bad of [null, [], 5, 'memory']) expect(() => memory(bad as never)).toThrow(ConfigError);
});
