// History that is gone: trimmed, dropped by the bus, or acknowledged and forgotten by the server. Each is a gap.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BatchMaker } from '../../src/testing/index.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

let server: RedisServer;
let client: Awaited<ReturnType<typeof plainClient>>;
const signal = NEVER;
const PRODUCER = 'aa-01';

beforeAll(async () => {
  server = await RedisServer.start();
  client = await plainClient(server.url);
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, nth) => String(from + nth));

test.each(['event', 'batch'] as const)(
  'C5 a cursor behind the trim gets a gap with its count, packing %s',
  async (packing) => {
    const prefix = `trim-${packing}`;
    const { adapter } = await openRedis(server.url, { prefix, packing });
    const maker = new BatchMaker({ producer: PRODUCER });
    for (let nth = 0; nth < 10; nth += 1) await adapter.onBatch(maker.batch(0, numbered(10, nth * 10)), { signal });
    const all = (await readAll(adapter)).records;
    await client.xTrim(`{${prefix}:0}`, 'MAXLEN', packing === 'event' ? 40 : 4);
    const trimmed = (count: number) => [{ shard: 0, reason: 'trimmed', count }];
    for (const read of [0, 1, 35, 59]) {
      const rest = await readAll(adapter, 0, { after: all[read - 1]?.position, limit: 7 });
      expect([rest.gaps, texts(rest.records)]).toEqual([trimmed(60 - read), numbered(40, 60)]);
    }
    expect((await readAll(adapter, 0, { after: all[59]?.position })).gaps).toEqual([]);
    await client.xTrim(`{${prefix}:0}`, 'MAXLEN', 0);
    const rest = await readAll(adapter, 0, { after: all[70]?.position });
    expect([rest.gaps, rest.records]).toEqual([trimmed(29), []]);
    expect((await readAll(adapter, 0, { after: rest.next })).gaps).toEqual([]);
    expect(await adapter.listShards?.()).toMatchObject([{ shard: 0 }]);
    await adapter.shutdown({ signal });
  },
);

test('maxEntries bounds a shard, and the count of what went is exact', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'bounded', maxEntries: 500 });
  const maker = new BatchMaker({ producer: PRODUCER });
  for (let nth = 0; nth < 40; nth += 1) await adapter.onBatch(maker.batch(0, numbered(50, nth * 50)), { signal });
  const kept = await client.xLen('{bounded:0}');
  expect(kept).toBeGreaterThanOrEqual(500);
  expect(kept).toBeLessThan(700);
  const { gaps, records } = await readAll(adapter);
  expect([gaps, texts(records)]).toEqual([
    [{ shard: 0, reason: 'trimmed', count: 2000 - kept }],
    numbered(kept, 2000 - kept),
  ]);
  await adapter.shutdown({ signal });
});

test('maxAgeMs lets older entries go with the next batch', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'aged', maxAgeMs: 1000 });
  const maker = new BatchMaker({ producer: PRODUCER });
  const old = Date.now() - 10_000;
  await client.xAdd('{aged:0}:end', `${old}-0`, { stamp: '0' });
  for (let nth = 1; nth <= 300; nth += 1) {
    await client.xAdd('{aged:0}', `${old}-${nth}`, {
      payload: 'old',
      time: '1',
      id: 'bb-01/0/0',
      hash: '0'.repeat(16),
    });
  }
  await client.xAdd('{aged:0}:end', `${old}-300`, { stamp: '1' });
  await adapter.onBatch(maker.batch(0, ['new']), { signal });
  const { gaps, records } = await readAll(adapter);
  // Whole blocks of a stream go, of 100 entries as the server is configured by default.
  expect(records.length).toBeLessThanOrEqual(101);
  expect(gaps).toEqual([{ shard: 0, reason: 'trimmed', count: 301 - records.length }]);
  await adapter.shutdown({ signal });
});

test('events that someone deleted from the middle are told as lost, with their count', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'holes' });
  await adapter.onBatch(new BatchMaker({ producer: PRODUCER }).batch(0, numbered(6)), { signal });
  const ids = (await readAll(adapter)).records.map((record) => record.position);
  await client.xDel('{holes:0}', [ids[2] as string, ids[3] as string]);
  const { gaps, records } = await readAll(adapter);
  expect([gaps, texts(records)]).toEqual([[{ shard: 0, reason: 'lost', count: 2 }], ['0', '1', '4', '5']]);
  await adapter.shutdown({ signal });
});

test.each(['event', 'batch'] as const)(
  'a server that lost acknowledged events is noticed by its next batch, and readers get a gap, packing %s',
  async (packing) => {
    const prefix = `lost-${packing}`;
    const { adapter, findings } = await openRedis(server.url, { prefix, packing });
    const maker = new BatchMaker({ producer: PRODUCER });
    await adapter.onBatch(maker.batch(0, numbered(10)), { signal });
    const kept = new Map<string, Buffer>();
    for (const key of await client.keys(`{${prefix}:0}*`)) kept.set(key, await dump(key));
    await adapter.onBatch(maker.batch(0, numbered(10, 10)), { signal });
    const before = (await readAll(adapter)).records.map((record) => record.position);
    // What a restart from an older copy, or a fail-over to a replica that was behind, leaves.
    for (const [key, value] of kept) await client.restore(key, 0, value, { REPLACE: true });
    await expect(adapter.flush({ signal })).rejects.toMatchObject({ kind: 'Fatal' });
    maker.lose(0, 3);
    await adapter.onBatch(maker.batch(0, numbered(5, 20)), { signal });
    expect(findings).toMatchObject([{ kind: 'acknowledged-lost', shard: 0 }]);
    const lost = { shard: 0, reason: 'lost', count: 10, producer: PRODUCER, fromSequence: 10, toSequence: 19 };
    for (const after of [undefined, before[4], before[9], before[14], before[19]]) {
      const { gaps, records } = await readAll(adapter, 0, { after });
      expect([gaps, texts(records).slice(-5)]).toEqual([[lost], numbered(5, 20)]);
      expect(records.at(-5)?.lostBefore).toBe(3);
    }
    await adapter.flush({ signal });
    await adapter.shutdown({ signal });
  },
);

test('a reader whose cursor lies behind what the server still has, gets a gap at once and goes on', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'behind' });
  const maker = new BatchMaker({ producer: PRODUCER });
  await adapter.onBatch(maker.batch(0, numbered(10)), { signal });
  const kept = new Map<string, Buffer>();
  for (const key of await client.keys('{behind:0}*')) kept.set(key, await dump(key));
  await adapter.onBatch(maker.batch(0, numbered(10, 10)), { signal });
  const { next } = await readAll(adapter);
  for (const [key, value] of kept) await client.restore(key, 0, value, { REPLACE: true });
  const first = await readAll(adapter, 0, { after: next });
  expect([first.gaps, first.records]).toEqual([[{ shard: 0, reason: 'lost' }], []]);
  await adapter.onBatch(maker.batch(0, ['later']), { signal });
  expect(texts((await readAll(adapter, 0, { after: first.next })).records)).toEqual(['later']);
  await adapter.shutdown({ signal });
});

test('a server that was emptied is noticed, and the store keeps its name', async () => {
  const { adapter, findings } = await openRedis(server.url, { prefix: 'emptied' });
  const maker = new BatchMaker({ producer: PRODUCER });
  await adapter.onBatch(maker.batch(0, numbered(10)), { signal });
  const name = await client.get('{emptied}:store');
  const { next } = await readAll(adapter);
  await client.flushAll();
  expect((await readAll(adapter, 0, { after: next })).gaps).toEqual([{ shard: 0, reason: 'lost' }]);
  await adapter.onBatch(maker.batch(0, ['later']), { signal });
  expect(findings).toMatchObject([{ kind: 'acknowledged-lost', shard: 0 }]);
  expect(await client.get('{emptied}:store')).toBe(name);
  expect(await client.sMembers('{emptied}:shards')).toEqual(['0']);
  const { gaps, records } = await readAll(adapter, 0, { after: next });
  expect([gaps, texts(records)]).toEqual([
    [{ shard: 0, reason: 'lost', count: 10, producer: PRODUCER, fromSequence: 0, toSequence: 9 }],
    ['later'],
  ]);
  await adapter.shutdown({ signal });
});

test('a memory of the producer that ran out, or was evicted, is no loss', async () => {
  const { adapter, findings } = await openRedis(server.url, { prefix: 'evicted' });
  const maker = new BatchMaker({ producer: PRODUCER });
  const batches = [numbered(5), numbered(5, 5), numbered(5, 10)].map((each) => maker.batch(0, each));
  await adapter.onBatch(batches[0] as never, { signal });
  await client.del('{evicted:0}:producer:aa-01');
  await adapter.onBatch(batches[1] as never, { signal });
  await client.del(['{evicted:0}:producer:aa-01', '{evicted:0}:end']);
  await adapter.onBatch(batches[1] as never, { signal });
  await adapter.onBatch(batches[2] as never, { signal });
  const { gaps, records } = await readAll(adapter);
  expect([findings, gaps, texts(records)]).toEqual([[], [], numbered(15)]);
  await adapter.shutdown({ signal });
});

async function dump(key: string): Promise<Buffer> {
  const { RESP_TYPES } = await import('redis');
  return (await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).dump(key)) as unknown as Buffer;
}
