// Wake-ups: what subscriptions of an idle store rely on instead of polling.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { BatchMaker } from '../batch-maker.ts';
import { within } from '../within.ts';
import { poll, put } from './reading.ts';
import type { ConformanceCase } from './subject.ts';

const needs = { readable: true, method: 'watch' } as const;
const WAKE_UP_MS = 5000;

export const WATCH_CASES: readonly ConformanceCase[] = [
  {
    name: 'C8 wakes a watcher after events became readable, with their shard',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      for (const shard of [0, 4]) {
        const readable: Promise<number>[] = [];
        const stop = open.adapter.watch?.((woken) => {
          if (woken === shard) readable.push(poll(open, shard).then((page) => page.records.length));
        });
        await put(open, maker.batch(shard, ['one']));
        await within(bench.subject.wakeUpMs ?? WAKE_UP_MS, () => readable.length > 0);
        ok(Math.max(...(await Promise.all(readable))) > 0, 'a woken reader finds the event');
        stop?.();
      }
    },
  },
  {
    name: 'C8 wakes every watcher but those that stopped',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const woken = [0, 0, 0];
      const count = (which: number) => (): void => {
        woken[which] = (woken[which] ?? 0) + 1;
      };
      const same = count(2);
      const stops = [count(0), count(1), same, same].map((listener) => open.adapter.watch?.(listener));
      stops[0]?.();
      stops[0]?.();
      stops[2]?.();
      await put(open, maker.batch(0, ['one']));
      await within(bench.subject.wakeUpMs ?? WAKE_UP_MS, () => woken[1] !== 0 && woken[2] !== 0);
      strictEqual(woken[0], 0, 'one that stopped hears nothing');
      for (const stop of stops) stop?.();
    },
  },
  {
    name: 'a watcher that throws disturbs neither the batch nor the other watchers',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      let woken = 0;
      const stops = [
        open.adapter.watch?.(() => {
          throw new Error('a fault of the watcher');
        }),
        open.adapter.watch?.(() => {
          woken += 1;
        }),
      ];
      await put(open, new BatchMaker().batch(0, ['one']));
      await within(bench.subject.wakeUpMs ?? WAKE_UP_MS, () => woken > 0);
      deepStrictEqual((await poll(open, 0)).records.length, 1);
      for (const stop of stops) stop?.();
    },
  },
];
