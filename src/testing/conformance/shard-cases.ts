// Shards as a whole: finding a time in one, listing them, sealing them, and who may write.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import type { ShardInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { BatchMaker } from '../batch-maker.ts';
import { assertSame, payloads, poll, pollAll, put } from './reading.ts';
import type { ConformanceCase, OpenAdapter } from './subject.ts';

const FIRST_NS = 1_700_000_000_000_000_000n;

function isKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof AdapterError && error.kind === kind;
}

async function list(open: OpenAdapter): Promise<ShardInfo[]> {
  return [...((await open.adapter.listShards?.()) ?? [])].sort((a, b) => a.shard - b.shard);
}

async function seek(open: OpenAdapter, timestampNs: bigint): Promise<string | undefined> {
  return open.adapter.seek?.(0, timestampNs, { signal: open.signal });
}

export const SHARD_CASES: readonly ConformanceCase[] = [
  {
    name: 'finds the first event at or after a time',
    needs: { readable: true, method: 'seek' },
    run: async (bench) => {
      const open = await bench.open();
      strictEqual(await seek(open, FIRST_NS), undefined, 'an unknown shard begins at its start');
      const maker = new BatchMaker({ firstTimestampNs: FIRST_NS });
      await put(open, maker.batch(0, payloads(3)));
      maker.advance(1_000_000_000n);
      await put(open, maker.batch(0, payloads(2)), maker.batch(0, payloads(2)));
      const all = await pollAll(open, 0);
      const times = all.flatMap(({ timestampNs }) => [timestampNs - 1n, timestampNs, timestampNs + 1n]);
      for (const time of [0n, ...times]) {
        const found = await pollAll(open, 0, { after: await seek(open, time) });
        const expected = all.filter((record) => record.timestampNs >= time);
        deepStrictEqual(
          found.map((each) => each.sequence),
          expected.map((each) => each.sequence),
          `from ${time}`,
        );
      }
    },
  },
  {
    name: 'C5 lists every shard that has history',
    needs: { readable: true, method: 'listShards' },
    run: async (bench) => {
      const open = await bench.open();
      deepStrictEqual(await list(open), []);
      const maker = new BatchMaker({ firstTimestampNs: FIRST_NS });
      await put(open, maker.batch(2, payloads(3)), maker.batch(0, payloads(1)), maker.batch(2, payloads(1)));
      const shards = await list(open);
      deepStrictEqual(
        shards.map(({ shard, sealed }) => ({ shard, sealed })),
        [
          { shard: 0, sealed: false },
          { shard: 2, sealed: false },
        ],
      );
      const [, two] = shards;
      if (two?.events !== undefined) strictEqual(two.events, 4);
      if (two?.oldestTimestampNs !== undefined) strictEqual(two.oldestTimestampNs, FIRST_NS);
      if (two?.newestTimestampNs !== undefined) strictEqual(two.newestTimestampNs, FIRST_NS + 4n);
    },
  },
  {
    name: 'prepares a shard that is then written',
    needs: { method: 'prepareShard' },
    run: async (bench) => {
      const open = await bench.open();
      await open.adapter.prepareShard?.(9);
      await put(open, new BatchMaker().batch(9, ['one']));
      await open.adapter.prepareShard?.(9);
    },
  },
  {
    name: 'S2 a sealed shard is read to its end, says so there, and takes nothing more',
    needs: { readable: true, exclusive: true, method: 'sealShard' },
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const stored = maker.batch(0, payloads(3));
      await put(open, stored, maker.batch(1, ['other']));
      ok(!(await poll(open, 0)).sealed, 'it is not sealed yet');
      await open.adapter.sealShard?.(0);
      await open.adapter.sealShard?.(0);
      const page = await poll(open, 0, { limit: 2 });
      ok(page.hasMore && !page.sealed, 'more follows this page');
      ok((await poll(open, 0, { after: page.next })).sealed === true, 'nothing follows');
      await rejects(put(open, maker.batch(0, ['late'])), isKind('Fatal'));
      assertSame(await pollAll(open, 0), [stored]);
      await put(open, maker.batch(1, ['goes on']));
    },
  },
  {
    name: 'S2 lists sealed shards as such, one without events too',
    needs: { exclusive: true, method: 'listShards' },
    run: async (bench) => {
      const open = await bench.open();
      await put(open, new BatchMaker().batch(0, ['one']));
      await open.adapter.sealShard?.(0);
      await open.adapter.sealShard?.(3);
      deepStrictEqual(
        (await list(open)).map(({ shard, sealed }) => [shard, sealed]),
        [
          [0, true],
          [3, true],
        ],
      );
    },
  },
  {
    name: 'refuses a second writer with Connection while the first is open, and harms neither',
    needs: { readable: true, exclusive: true },
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      const batches = [maker.batch(0, ['before']), maker.batch(0, ['after'])] as const;
      await put(open, batches[0]);
      await rejects(bench.open(), isKind('Connection'));
      await put(open, batches[1]);
      assertSame(await pollAll(open, 0), batches);
    },
  },
];
