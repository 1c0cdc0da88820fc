// Positions and pages: a reader that goes on where it stopped gets each event once, whatever the sizes of the pages.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { PositionError } from '../../errors/position-error.ts';
import { BatchMaker } from '../batch-maker.ts';
import { assertSame, payloads, poll, pollAll, put, tail } from './reading.ts';
import type { ConformanceCase, OpenAdapter } from './subject.ts';

const needs = { readable: true };
const BAD_POSITIONS = ['', ' ', 'no position', '\u0000', '\ud800', '🙂', '-', '9'.repeat(10_000), '../../x', '{}'];

async function thirty(open: OpenAdapter): Promise<BatchMaker> {
  const maker = new BatchMaker();
  await put(open, maker.batch(0, payloads(10)), maker.batch(0, payloads(1)), maker.batch(0, payloads(19)));
  return maker;
}

export const POSITION_CASES: readonly ConformanceCase[] = [
  {
    name: 'C1 goes on after every position with the event that follows it',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await thirty(open);
      const { records } = await poll(open, 0);
      const sequences = records.map((record) => record.sequence);
      strictEqual(new Set(records.map((record) => record.position)).size, 30, 'positions differ');
      for (const [nth, record] of records.entries()) {
        const rest = await poll(open, 0, { after: record.position });
        deepStrictEqual(
          rest.records.map((each) => each.sequence),
          sequences.slice(nth + 1),
        );
      }
    },
  },
  {
    name: 'C1 pages of every size return every event once',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await thirty(open);
      for (const limit of [1, 2, 3, 7, 10, 11, 29, 30, 31]) {
        const records = await pollAll(open, 0, { limit });
        deepStrictEqual(
          records.map((record) => record.sequence),
          [...Array(30).keys()],
          `pages of ${limit}`,
        );
      }
    },
  },
  {
    name: 'returns no more than the limit, and says exactly when there is more',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await thirty(open);
      const first = await poll(open, 0, { limit: 29 });
      deepStrictEqual([first.records.length, first.hasMore], [29, true]);
      const last = await poll(open, 0, { limit: 29, after: first.next });
      deepStrictEqual([last.records.length, last.hasMore], [1, false]);
      deepStrictEqual(await poll(open, 0, { limit: 30 }).then((page) => [page.records.length, page.hasMore]), [
        30,
        false,
      ]);
    },
  },
  {
    name: 'returns no more payload bytes than asked, but always one event',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await put(open, new BatchMaker().batch(0, ['x'.repeat(500), 'a'.repeat(60), 'b'.repeat(40), 'c'.repeat(1)]));
      const sizes = async (maxBytes: number, after?: string) =>
        (await poll(open, 0, { maxBytes, after })).records.map((record) => record.bytes.length);
      const [first] = (await poll(open, 0, { limit: 1 })).records;
      deepStrictEqual(await sizes(100), [500]);
      deepStrictEqual(await sizes(100, first?.position), [60, 40]);
      deepStrictEqual(await sizes(99, first?.position), [60]);
      assertSame(await pollAll(open, 0, { maxBytes: 1 }), [
        new BatchMaker().batch(0, ['x'.repeat(500), 'a'.repeat(60), 'b'.repeat(40), 'c']),
      ]);
    },
  },
  {
    name: 'C6 an empty page at the end leads on to what comes later',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = await thirty(open);
      const end = (await poll(open, 0)).next;
      const empty = await poll(open, 0, { after: end });
      deepStrictEqual([empty.records.length, empty.hasMore], [0, false]);
      const later = maker.batch(0, ['later']);
      await put(open, later);
      assertSame((await poll(open, 0, { after: empty.next })).records, [later]);
    },
  },
  {
    name: 'C2 gives the same positions again for the same events',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await thirty(open);
      const positions = async (limit: number) => (await pollAll(open, 0, { limit })).map((record) => record.position);
      deepStrictEqual(await positions(1), await positions(30));
    },
  },
  {
    name: 'C2 refuses damaged positions with PositionError',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      await thirty(open);
      for (const after of BAD_POSITIONS) {
        await rejects(
          poll(open, 0, { after }),
          (error) => error instanceof PositionError,
          JSON.stringify(after.slice(0, 20)),
        );
      }
    },
  },
  {
    name: 'reads while it takes: what is there is a beginning of what was taken',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const batches = Array.from({ length: 20 }, () => maker.batch(0, payloads(50)));
      const writing = put(open, ...batches);
      const lengths: number[] = [];
      for (let nth = 0; nth < 20; nth += 1) {
        const page = await poll(open, 0);
        deepStrictEqual(
          page.records.map((record) => record.sequence),
          [...page.records.keys()],
        );
        lengths.push(page.records.length);
      }
      await writing;
      deepStrictEqual(
        lengths,
        lengths.toSorted((a, b) => a - b),
      );
      assertSame(await pollAll(open, 0), batches);
    },
  },
  {
    name: 'tells the tail, after which only new events lie',
    needs,
    run: async (bench) => {
      const open = await bench.open();
      const maker = await thirty(open);
      const before = await tail(open, 0);
      ok(before !== undefined, 'a shard with history has a tail');
      strictEqual((await poll(open, 0, { after: before })).records.length, 0);
      const later = [maker.batch(0, ['one']), maker.batch(0, ['two'])];
      await put(open, ...later);
      assertSame((await poll(open, 0, { after: before })).records, later);
    },
  },
];
