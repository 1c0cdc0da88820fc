// What lies in the streams: fields that any client reads, both packings mixed, and what a script leaves alone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdapterError } from '../../src/errors/adapter-error.ts';
import { BatchMaker } from '../../src/testing/index.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

let server: RedisServer;
let client: Awaited<ReturnType<typeof plainClient>>;
const signal = NEVER;

beforeAll(async () => {
  server = await RedisServer.start();
  client = await plainClient(server.url);
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

test('an entry per event has the documented fields, readable by any client', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'fields' });
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(
    maker.batch(3, ['{"n":1}', { bytes: 'two', key: 'k', headers: { a: 'ü', b: '' }, hash: 255n }]),
    {
      signal,
    },
  );
  const [first, second] = (await client.xRange('{fields:3}', '-', '+')) ?? [];
  expect({ ...first?.message }).toEqual({
    payload: '{"n":1}',
    time: '1700000000000000000',
    id: 'aa-01/3/0',
    hash: '0000000000000000',
  });
  expect({ ...second?.message }).toEqual({
    payload: 'two',
    time: '1700000000000000001',
    id: 'aa-01/3/1',
    hash: '00000000000000ff',
    key: 'k',
    headers: '{"a":"ü","b":""}',
  });
  expect(first?.id).toMatch(/^\d{13}-1$/);
  expect(second?.id).toMatch(/^\d{13}-2$/);
  await adapter.shutdown({ signal });
});

test('poll reads both packings, mixed, from any position', async () => {
  const single = await openRedis(server.url, { prefix: 'mixed' });
  const packed = await openRedis(server.url, { prefix: 'mixed', packing: 'batch' });
  const makers = [new BatchMaker({ producer: 'aa-01' }), new BatchMaker({ producer: 'bb-01' })] as const;
  const expected: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    for (const [nth, open] of [single, packed].entries()) {
      const events = Array.from({ length: 7 }, (_, event) => `${round}-${nth}-${event}`);
      expected.push(...events);
      await open.adapter.onBatch((makers[nth] as BatchMaker).batch(0, events), { signal });
    }
  }
  expect(await client.xLen('{mixed:0}')).toBe(6 * 7 + 6);
  for (const limit of [1, 3, 7, 8, 100])
    expect(texts((await readAll(single.adapter, 0, { limit })).records)).toEqual(expected);
  const { records } = await readAll(single.adapter);
  for (const [nth, { position }] of records.entries()) {
    const rest = await readAll(packed.adapter, 0, { after: position });
    expect([texts(rest.records), rest.gaps]).toEqual([expected.slice(nth + 1), []]);
  }
  await single.adapter.shutdown({ signal });
  await packed.adapter.shutdown({ signal });
});

test('I2 the longest event that the store takes comes back, and a smaller limit of the server is told', async () => {
  await client.configSet('proto-max-bulk-len', '1048576');
  const { adapter } = await openRedis(server.url, { prefix: 'long' });
  const again = (await openRedis(server.url, { prefix: 'long' })).adapter;
  const info = await again.init({ producer: 'aa-01', now: () => 0n, report: () => undefined });
  await client.configSet('proto-max-bulk-len', '512mb');
  const bytes = new Uint8Array(info.maxEventBytes as number).fill(7);
  expect(bytes.length).toBeLessThan(1_048_576);
  const headers = { h: '\u0001'.repeat(65_000) };
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, [{ bytes, headers }]), { signal });
  const [record] = (await readAll(adapter)).records;
  expect([Buffer.compare(Buffer.from(record?.bytes ?? []), Buffer.from(bytes)), record?.headers]).toEqual([0, headers]);
  await adapter.shutdown({ signal });
  await again.shutdown({ signal });
});

test.each(['{wrong:0}', '{wrong:0}:end', '{wrong:0}:producer:aa-01'])(
  'a key of another type (%s) is refused before anything is written',
  async (key) => {
    await client.del(['{wrong:0}', '{wrong:0}:end', '{wrong:0}:producer:aa-01']);
    await client.hSet(key, 'not', 'ours');
    const { adapter } = await openRedis(server.url, { prefix: 'wrong' });
    const appending = adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
    await expect(appending).rejects.toMatchObject({ kind: 'Fatal', message: expect.stringContaining('WRONGTYPE') });
    expect((await client.keys('{wrong:0}*')).sort()).toEqual([key]);
    await adapter.shutdown({ signal });
  },
);

test('an entry of someone else is named, and never taken for an event', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'foreign' });
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
  const id = await client.xAdd('{foreign:0}', '*', { payload: 'x' });
  await expect(readAll(adapter)).rejects.toThrow(AdapterError);
  await expect(readAll(adapter)).rejects.toMatchObject({ kind: 'Serialization', message: expect.stringContaining(id) });
  await adapter.shutdown({ signal });
});

test('a damaged frame is named, and never taken for events', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'damage', packing: 'batch' });
  const batch = new BatchMaker({ producer: 'aa-01' }).batch(0, ['one', 'two']);
  const frame = Buffer.from(batch.frame);
  frame[frame.length - 9] = (frame[frame.length - 9] as number) ^ 1;
  await client.xAdd('{damage:0}', '1700000000000-2', { frame });
  await expect(readAll(adapter)).rejects.toMatchObject({
    kind: 'Serialization',
    message: expect.stringContaining('checksum'),
  });
  await adapter.shutdown({ signal });
});

test('each batch renews the memory of its producer, which ends long after its silence', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'ttl', producerTtlMs: 90_000 });
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(maker.batch(0, ['one']), { signal });
  await client.pExpire('{ttl:0}:producer:aa-01', 60_000);
  await adapter.onBatch(maker.batch(0, ['two']), { signal });
  expect(await client.pTTL('{ttl:0}:producer:aa-01')).toBeGreaterThan(80_000);
  expect(await client.get('{ttl:0}:producer:aa-01')).toMatch(/^1 \d+-2$/);
  await adapter.shutdown({ signal });
});

test('NOSCRIPT sends the script again and is no failed attempt', async () => {
  const { adapter } = await openRedis(server.url, { prefix: 'noscript' });
  const maker = new BatchMaker({ producer: 'aa-01' });
  for (const text of ['one', 'two', 'three']) {
    await client.scriptFlush();
    await adapter.onBatch(maker.batch(0, [text]), { signal });
  }
  expect(texts((await readAll(adapter)).records)).toEqual(['one', 'two', 'three']);
  await adapter.shutdown({ signal });
});
