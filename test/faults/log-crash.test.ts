// The log on a file system that tears, forgets and fails: a crash at every call, and every kind of failure at every call.
import { expect, test } from 'vitest';
import type { StoredRecord } from '../../src/adapter/contract.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { context, Life, openAdapter, SHARDS } from './log/life.ts';
import { ModelFileSystem, type PlannedFault } from './log/model-file-system.ts';

const seed = Number(process.env.MESHBUS_LOG_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.MESHBUS_LOG_ROUNDS ?? 1);
const { signal } = new AbortController();

/** The payloads of a shard, in order. @throws AssertionError when a name or a position comes twice */
async function readAll(files: ModelFileSystem, shard: number): Promise<string[]> {
  const adapter = openAdapter(files);
  await adapter.init(context('reader'));
  const records: StoredRecord[] = [];
  for (let after: string | undefined; ; ) {
    const page = await adapter.pollShard(shard, { after, limit: 100_000, maxBytes: 2 ** 30, signal });
    records.push(...page.records);
    if (!page.hasMore || page.next === after) break;
    after = page.next; // A page ends before a loss.
  }
  const names = records.map((record) => `${record.producer}/${record.sequence}`);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(records.map((record) => record.position)).size).toBe(names.length);
  const found = records.map((record) => Buffer.from(record.bytes).toString());
  await adapter.shutdown({ signal });
  return found;
}

/** Lives until the fault, crashes, looks, lives again on what is left, and looks again. */
async function trial(fault: PlannedFault | undefined, trialSeed: number): Promise<number> {
  const name = `seed ${trialSeed}, ${fault?.what ?? 'no fault'} at call ${fault?.call}`;
  const random = seededRandom(trialSeed + (fault?.call ?? 0));
  const files = new ModelFileSystem(random, fault);
  const first = new Life({ files, producer: 'first' });
  await first.run();
  const afterwards = files.afterCrash();
  const kept = new Map<number, string[]>();
  for (const shard of SHARDS) {
    const found = await readAll(afterwards, shard);
    kept.set(shard, found);
    const given = first.given.get(shard) ?? [];
    const missing = given.filter((payload) => first.promised.has(payload) && !found.includes(payload));
    expect(missing, `${name}, shard ${shard}`).toEqual([]);
    // The last batch may be there although the crash came before the answer.
    const sent = found.filter((payload) => given.includes(payload));
    expect(sent, `${name}, shard ${shard}`).toEqual(given.filter((payload) => found.includes(payload)));
    expect(found.slice(0, sent.length), `${name}, shard ${shard}`).toEqual(sent);
  }
  const second = new Life({ files: afterwards, producer: 'second' });
  await second.run();
  const end = afterwards.afterCrash();
  for (const shard of SHARDS) {
    const expected = [...(kept.get(shard) ?? []), ...(second.given.get(shard) ?? [])];
    expect(await readAll(end, shard), `${name}, second life, shard ${shard}`).toEqual(expected);
  }
  expect(files.crashed ? 0 : files.openFiles).toBe(0);
  return files.calls;
}

for (const what of ['crash', 'EIO', 'ENOSPC', 'EFBIG', 'EMFILE'] as const) {
  test(`what a resolved flush covered is there once after ${what} at any call`, async () => {
    console.log(`MESHBUS_LOG_SEED=${seed}`);
    for (let round = seed; round < seed + rounds; round += 1) {
      const calls = await trial(undefined, round);
      for (let call = 1; call <= calls; call += 1) await trial({ call, what }, round);
    }
  });
}
