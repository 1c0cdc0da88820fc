// What every adapter does, one that stores nothing too: open, take, flush, close.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { AdapterGuard } from '../../adapter/guard.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { systemEnvironment } from '../../util/environment.ts';
import { BatchMaker } from '../batch-maker.ts';
import { CONTEXT } from './bench.ts';
import { payloads, poll, put, tail } from './reading.ts';
import type { ConformanceCase, OptionalMethod } from './subject.ts';

const METHODS: readonly OptionalMethod[] = ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'];
const CAPABILITIES = ['readable', 'durable', 'deduplicates', 'exclusive', 'releasesBatches'] as const;

export const OPENING_CASES: readonly ConformanceCase[] = [
  {
    name: 'names its store with 1 to 128 characters and tells limits as whole numbers',
    run: async (bench) => {
      const { storeId, maxEventBytes, lastTimestampNs } = await bench.open();
      ok(typeof storeId === 'string' && storeId.length >= 1 && storeId.length <= 128, `storeId ${storeId}`);
      if (maxEventBytes !== undefined) ok(Number.isSafeInteger(maxEventBytes) && maxEventBytes > 0);
      if (lastTimestampNs !== undefined) strictEqual(typeof lastTimestampNs, 'bigint');
    },
  },
  {
    name: 'says the capabilities and has the methods that it is declared to have',
    run: async (bench) => {
      const { adapter } = await bench.open();
      ok(adapter.name.length > 0, 'it has a name');
      for (const each of CAPABILITIES) {
        strictEqual(adapter.capabilities[each] ?? false, bench.subject.capabilities[each] ?? false, each);
      }
      const present = METHODS.filter((each) => typeof adapter[each] === 'function');
      deepStrictEqual(
        present,
        METHODS.filter((each) => bench.subject.methods.includes(each)),
      );
    },
  },
  {
    name: 'takes batches of one event and of many, shards side by side',
    run: async (bench) => {
      const open = await bench.open();
      const maker = new BatchMaker();
      await Promise.all([0, 1, 7].map((shard) => put(open, maker.batch(shard, payloads(1 + 100 * shard)))));
    },
  },
  {
    name: 'answers for a shard that it does not know with an empty page and no tail',
    run: async (bench) => {
      const open = await bench.open();
      const page = await poll(open, 41);
      deepStrictEqual([page.records.length, page.next, page.hasMore], [0, undefined, false]);
      strictEqual(await tail(open, 41), undefined);
    },
  },
  {
    name: 'flush resolves when nothing was taken, after a batch, and twice at once',
    run: async (bench) => {
      const open = await bench.open();
      await open.adapter.flush({ signal: open.signal });
      await put(open, new BatchMaker().batch(0, ['one']));
      await Promise.all([open.adapter.flush({ signal: open.signal }), open.adapter.flush({ signal: open.signal })]);
    },
  },
  {
    name: 'F3 shuts down once behind the guard, which lets no call through afterwards',
    run: async (bench) => {
      const options = { timeoutMs: 30_000, environment: systemEnvironment() };
      const guard = new AdapterGuard(bench.factory.create(), options);
      await guard.init(CONTEXT);
      await Promise.all([guard.shutdown(30_000), guard.shutdown(30_000)]);
      const isShutdown = (error: unknown): boolean => error instanceof AdapterError && error.kind === 'Shutdown';
      await rejects(guard.tail(0, new AbortController().signal), isShutdown);
      await rejects(guard.onBatch(new BatchMaker().batch(0, ['late']), new AbortController().signal), isShutdown);
    },
  },
];
