// Shards that come and go on a running bus over the adapter.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { AdapterFactory } from '../../../src/adapter/contract.ts';
import { EventBus } from '../../../src/index.ts';
import type { ConformanceCase } from '../../../src/testing/conformance/subject.ts';

const SMALL = { ringCapacity: 256, maxEventBytes: 1024, backpressure: 'block' } as const;

type Bus = EventBus<unknown, 'block'>;

function openBus(adapter: AdapterFactory, shards: number): Promise<Bus> {
  return EventBus.create({ ...SMALL, shards, adapter });
}

function idsOf(bus: Bus): number[] {
  return bus.stats.shards.map(({ shard }) => shard);
}

/** Numbers from `first` on under 20 keys. */
async function feed(bus: Bus, first: number, count = 200): Promise<void> {
  for (let nth = first; nth < first + count; nth += 1) await bus.ingest({ nth }, { key: `key ${nth % 20}` });
}

/** What is left to read, in Timestamp order. */
async function readOn(bus: Bus, from?: string): Promise<{ numbers: number[]; cursor: string }> {
  const numbers: number[] = [];
  for (;;) {
    const page = await bus.poll({ limit: 64, from, ordering: 'timestamp' });
    for (const event of page.events) numbers.push(event.json<{ nth: number }>().nth);
    from = page.cursor;
    if (!page.hasMore) return { numbers, cursor: page.cursor };
  }
}

function numbersTo(end: number): number[] {
  return Array.from({ length: end }, (_, nth) => nth);
}

export const SCALING_CASES: readonly ConformanceCase[] = [
  {
    name: 'S1 S2 shards come and go while events flow, and every event is dispatched',
    run: async (bench) => {
      const bus = await openBus(bench.factory, 2);
      await feed(bus, 0);
      const added = await bus.addShards(2);
      await feed(bus, 200);
      const [gone] = added as [number];
      const [, removed] = await Promise.all([feed(bus, 400), bus.removeShards([gone, idsOf(bus)[0] as number])]);
      strictEqual(removed, undefined);
      strictEqual(idsOf(bus).length, 2);
      await feed(bus, 600);
      const account = await bus.shutdown();
      deepStrictEqual([account.eventsIngested, account.eventsDispatched], [800, 800]);
    },
  },
  {
    name: 'S1 C1 keys that move keep their order in Timestamp order, read page by page over the changes',
    needs: { readable: true },
    run: async (bench) => {
      const bus = await openBus(bench.factory, 1);
      const got: number[] = [];
      let cursor: string | undefined;
      for (let round = 0; round < 6; round += 1) {
        await feed(bus, round * 200);
        const page = await bus.poll({ limit: 50, from: cursor, ordering: 'timestamp' });
        for (const event of page.events) got.push(event.json<{ nth: number }>().nth);
        cursor = page.cursor;
        if (round % 2 === 0) await bus.addShards(2);
        else await bus.removeShards([idsOf(bus)[0] as number]);
      }
      await bus.flush();
      const rest = await readOn(bus, cursor);
      await bus.shutdown();
      deepStrictEqual([...got, ...rest.numbers], numbersTo(1200));
    },
  },
  {
    name: 'C5 what a removed shard stored is read after a restart, and its id is not used again where it was sealed',
    needs: { readable: true, reopens: true, method: 'listShards' },
    run: async (bench) => {
      const first = await openBus(bench.factory, 2);
      await feed(first, 0);
      const [gone] = idsOf(first) as [number];
      await first.removeShards([gone]);
      await feed(first, 200);
      await first.flush();
      const { cursor, numbers } = await readOn(first);
      deepStrictEqual(numbers, numbersTo(400));
      await first.shutdown();
      const second = await openBus(bench.factory, 2);
      if (bench.subject.capabilities.exclusive) ok(!idsOf(second).includes(gone), `shard ${gone} is sealed`);
      await feed(second, 400);
      await second.flush();
      deepStrictEqual((await readOn(second)).numbers, numbersTo(600));
      deepStrictEqual((await readOn(second, cursor)).numbers, numbersTo(600).slice(400));
      await second.shutdown();
    },
  },
];
