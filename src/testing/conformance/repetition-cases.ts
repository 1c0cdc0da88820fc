// A batch that comes again is stored once: after a lost answer, after half of it was stored, after a restart.
import { deepStrictEqual } from 'node:assert/strict';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { BatchMaker } from '../batch-maker.ts';
import { assertSame, payloads, pollAll, put } from './reading.ts';
import type { ConformanceCase } from './subject.ts';

const needs = { readable: true, deduplicates: true };

export const REPETITION_CASES: readonly ConformanceCase[] = [
  {
    name: 'D2 stores a repeated batch once, the newest and an older one',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const batches = [maker.batch(0, payloads(3)), maker.batch(0, payloads(5)), maker.batch(0, payloads(1))] as const;
      await put(open, batches[0], batches[0], batches[1], batches[2], batches[2], batches[0]);
      assertSame(await pollAll(open, 0), batches);
    },
  },
  {
    name: 'D2 stores what is missing of a batch whose beginning is stored',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const [first, second] = [maker.batch(0, payloads(10)), maker.batch(0, payloads(4))];
      await put(open, cutBatch(first, 0, 3), first, second);
      assertSame(await pollAll(open, 0), [first, second]);
    },
  },
  {
    name: 'D3 tells repetitions by producer and shard',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const makers = ['1', '2'].map(
        (start) => new BatchMaker({ producer: `00000000000000bb-000000000000000${start}` }),
      );
      const batches = makers.flatMap((maker) => [maker.batch(0, payloads(3)), maker.batch(1, payloads(3))]);
      await put(open, ...batches, ...batches);
      for (const shard of [0, 1]) {
        assertSame(
          await pollAll(open, shard),
          batches.filter((batch) => batch.shard === shard),
        );
      }
    },
  },
  {
    name: 'D2 reports no loss of events that were stored after all',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const unconfirmed = maker.batch(0, payloads(3));
      // The answer was lost and the bus counted these three as dropped; the next batch says so.
      maker.rewind(0, 3);
      maker.lose(0, 3);
      await put(open, unconfirmed, maker.batch(0, ['next']));
      deepStrictEqual(
        (await pollAll(open, 0)).map((record) => record.lostBefore ?? 0),
        [0, 0, 0, 0],
      );
    },
  },
  {
    name: 'D2 stores a batch once that is repeated after a restart',
    needs: { ...needs, reopens: true },
    run: async (bench) => {
      const first = await bench.open();
      const maker = new BatchMaker();
      const batches = [maker.batch(0, payloads(3)), maker.batch(0, payloads(2))] as const;
      await put(first, batches[0], batches[1]);
      await first.close();
      const second = await bench.open();
      const later = maker.batch(0, ['later']);
      await put(second, batches[1], later);
      assertSame(await pollAll(second, 0), [...batches, later]);
    },
  },
];
