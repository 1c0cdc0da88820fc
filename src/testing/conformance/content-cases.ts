// What was taken comes back: bytes, names, order, losses.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { BatchMaker } from '../batch-maker.ts';
import { seededRandom } from '../seeded-random.ts';
import { assertSame, facts, payloads, poll, pollAll, put } from './reading.ts';
import type { ConformanceCase } from './subject.ts';

const needs = { readable: true };
const MEBIBYTE = 1_048_576;

function randomBytes(length: number): Uint8Array {
  const random = seededRandom(length);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

const oddPayloads = (): readonly (Uint8Array | string)[] => [
  '',
  'x',
  new Uint8Array(1),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
  new Uint8Array([0x61, 0xff, 0xfe, 0x62]),
  new Uint8Array([0xed, 0xa0, 0x80]),
  '\ufeff{"n": 1.0,\t"n":1e0 , "a":[ ] }\r\n',
  '\u2028\u2029\u0085\u0000',
  ...[7, 8, 9, 63, 64, 65, 4095, 4096, 4097].map(randomBytes),
];

export const CONTENT_CASES: readonly ConformanceCase[] = [
  {
    name: 'I2 gives back any bytes identical',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const batch = new BatchMaker().batch(0, oddPayloads());
      await put(open, batch);
      assertSame(await pollAll(open, 0), [batch]);
    },
  },
  {
    name: 'I2 gives back the longest payload identical',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const batch = new BatchMaker().batch(0, [randomBytes(Math.min(MEBIBYTE, open.maxEventBytes ?? MEBIBYTE))]);
      await put(open, batch);
      assertSame(await pollAll(open, 0), [batch]);
    },
  },
  {
    name: 'hands out bytes that belong to the reader',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await put(open, new BatchMaker().batch(0, ['abc', 'def']));
      for (const record of (await poll(open, 0)).records) record.bytes.fill(0);
      deepStrictEqual(
        (await poll(open, 0)).records.map((record) => Buffer.from(record.bytes).toString()),
        ['abc', 'def'],
      );
    },
  },
  {
    name: 'gives back key, headers, hash and stamp',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const batch = new BatchMaker().batch(0, [
        { bytes: 'a', key: 'session-1', hash: 2n ** 64n - 1n },
        { bytes: 'b', key: '', headers: {} },
        { bytes: 'c', key: '__proto__', headers: JSON.parse('{"__proto__":"x","toString":"y","":"z","e":""}') },
        { bytes: 'd', key: 'schlüssel-鍵-🔑', headers: { 'content-type': 'text/plain; charset=utf-8', 名: '値' } },
        { bytes: '', headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } },
      ]);
      await put(open, batch);
      const records = await pollAll(open, 0);
      // An adapter may not tell no headers from empty ones.
      const plain = (each: Record<string, unknown>) => ({ ...each, headers: each.headers ?? [] });
      deepStrictEqual(
        records.map((each) => plain(facts(each))),
        [...batch].map((each) => plain(facts(each))),
      );
    },
  },
  {
    name: 'has done with a batch when it has taken it',
    needs: { readable: true, releasesBatches: true },
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const copies = [];
      for (const count of [1, 300, 2]) {
        const batch = maker.batch(0, payloads(count));
        copies.push(cutBatch(batch, 0, count));
        const { signal } = new AbortController();
        await open.adapter.onBatch(batch, { signal });
        strictEqual(getEventListeners(signal, 'abort').length, 0, 'nothing listens to the signal any more');
        Buffer.from(batch.frame.buffer).fill(0xff);
      }
      assertSame(await pollAll(open, 0), copies);
    },
  },
  {
    name: 'C4 keeps the order of a shard over many batches, with contiguous sequences',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const batches = [1, 2, 300, 1, 1, 50].map((count, nth) => maker.batch(3, payloads(count, `batch-${nth}`)));
      await put(open, ...batches);
      const records = await pollAll(open, 3);
      assertSame(records, batches);
      deepStrictEqual(
        records.map((record) => record.sequence),
        [...records.keys()],
      );
    },
  },
  {
    name: 'keeps shards apart',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const batches = [0, 5, 255, 0, 5, 255].map((shard) => maker.batch(shard, payloads(3, `shard-${shard}`)));
      await put(open, ...batches);
      for (const shard of [0, 5, 255]) {
        assertSame(
          await pollAll(open, shard),
          batches.filter((batch) => batch.shard === shard),
        );
      }
    },
  },
  {
    name: 'D3 keeps several producers of a shard by name, each with its own sequences',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const first = new BatchMaker({ producer: '00000000000000aa-0000000000000001' });
      const second = new BatchMaker({
        producer: '00000000000000aa-0000000000000002',
        firstTimestampNs: 1_800_000_000_000_000_000n,
      });
      const batches = [first.batch(0, payloads(4)), first.batch(0, payloads(2)), second.batch(0, payloads(5))];
      await put(open, ...batches);
      assertSame(await pollAll(open, 0), batches);
    },
  },
  {
    name: 'C5 tells how many events were dropped, with the event that follows them',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      maker.lose(0, 2);
      const batches = [maker.batch(0, ['c', 'd'])];
      maker.lose(0, 300);
      batches.push(maker.batch(0, ['e', 'f']), maker.batch(0, ['g']));
      await put(open, ...batches);
      const records = await pollAll(open, 0, { limit: 1 });
      deepStrictEqual(
        records.map((record) => record.lostBefore ?? 0),
        [2, 0, 300, 0, 0],
      );
      strictEqual((await poll(open, 0, { after: records[1]?.position })).records[0]?.lostBefore, 300);
    },
  },
];
