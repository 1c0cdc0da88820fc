// A store that is closed and opened again goes on: its name, its events, its positions, its sealed shards.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { AdapterError } from '../../errors/adapter-error.ts';
import { BatchMaker } from '../batch-maker.ts';
import { assertSame, payloads, poll, pollAll, put, tail } from './reading.ts';
import type { ConformanceCase } from './subject.ts';

const needs = { readable: true, reopens: true };

export const REOPENING_CASES: readonly ConformanceCase[] = [
  {
    name: 'C1 a reader goes on where it stopped before the restart',
    needs,
    run: async (bench) => {
      const first = await bench.open();
      const maker = new BatchMaker();
      const batches = [maker.batch(0, payloads(7)), maker.batch(0, payloads(6))];
      await put(first, ...batches);
      const page = await poll(first, 0, { limit: 5 });
      await first.adapter.flush({ signal: first.signal });
      await first.close();
      const second = await bench.open();
      strictEqual(second.storeId, first.storeId);
      const later = maker.batch(0, payloads(2));
      await put(second, later);
      assertSame([...page.records, ...(await pollAll(second, 0, { after: page.next }))], [...batches, later]);
      assertSame(await pollAll(second, 0), [...batches, later]);
    },
  },
  {
    name: 'T1 tells the newest stamp of the store when it is opened',
    needs,
    run: async (bench) => {
      const first = await bench.open();
      const maker = new BatchMaker();
      await put(first, maker.batch(1, payloads(3)), maker.batch(0, payloads(1)));
      const newest = (await pollAll(first, 0)).at(-1)?.timestampNs ?? 0n;
      await first.close();
      const second = await bench.open();
      ok(
        second.lastTimestampNs !== undefined && second.lastTimestampNs >= newest,
        `it tells ${second.lastTimestampNs}`,
      );
    },
  },
  {
    name: 'keeps positions and the tail over a restart',
    needs,
    run: async (bench) => {
      const first = await bench.open();
      await put(first, new BatchMaker().batch(0, payloads(4)));
      const positions = (await pollAll(first, 0)).map((record) => record.position);
      const end = await tail(first, 0);
      await first.close();
      const second = await bench.open();
      deepStrictEqual(
        (await pollAll(second, 0)).map((record) => record.position),
        positions,
      );
      strictEqual((await poll(second, 0, { after: end })).records.length, 0);
    },
  },
  {
    name: 'S2 a sealed shard stays sealed over a restart',
    needs: { ...needs, exclusive: true, method: 'sealShard' },
    run: async (bench) => {
      const first = await bench.open();
      const maker = new BatchMaker();
      await put(first, maker.batch(0, payloads(2)));
      await first.adapter.sealShard?.(0);
      await first.close();
      const second = await bench.open();
      strictEqual((await poll(second, 0)).sealed, true);
      const isFatal = (error: unknown): boolean => error instanceof AdapterError && error.kind === 'Fatal';
      await rejects(put(second, maker.batch(0, ['late'])), isFatal);
    },
  },
];
