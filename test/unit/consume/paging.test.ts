// Pages and cursors in Sequence order, over a store that counts what is read.
import { describe, expect, test } from 'vitest';
import { ConsumeRequest } from '../../../src/consume/consume-request.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { SampleSource } from '../../support/sample-source.ts';

function filled(shards: number, perShard: number): SampleSource {
  const source = new SampleSource();
  for (let n = 0; n < perShard; n += 1) {
    for (let shard = 0; shard < shards; shard += 1) source.store.add(shard, 1000 + n * shards + shard);
  }
  return source;
}

async function all(poller: Poller, options: { limit: number; shards?: number[]; from?: string }) {
  const ids: string[] = [];
  const cursors: string[] = [];
  let from = options.from;
  for (;;) {
    const page = await poller.poll({ ...options, from });
    ids.push(...page.events.map((event) => event.id));
    cursors.push(page.cursor);
    from = page.cursor;
    if (!page.hasMore) return { ids, cursors, from };
  }
}

describe('paging', () => {
  test('C1 pages of any limit return every event exactly once', async () => {
    const source = filled(3, 20);
    for (const limit of [1, 2, 3, 7, 50]) {
      const { ids } = await all(new Poller(source), { limit });
      expect(ids).toHaveLength(60);
      expect(new Set(ids).size).toBe(60);
    }
  });

  test('C2 the same place is the same cursor, whatever order and pages led there', async () => {
    const poller = new Poller(filled(3, 20));
    const bySequence = await all(poller, { limit: 7 });
    const byShard = await all(poller, { limit: 9, shards: [2, 0] });
    const rest = await all(poller, { limit: 4, from: byShard.from });
    const page = await poller.poll({ limit: 100, ordering: 'timestamp' });
    expect(rest.from).toBe(bySequence.from);
    expect(page.cursor).toBe(bySequence.from);
    expect(rest.ids).toHaveLength(20);
  });

  test('C2 a page without progress gives the cursor back, and a limit of 0 reads nothing', async () => {
    const source = filled(2, 3);
    const poller = new Poller(source);
    const { from } = await all(poller, { limit: 4 });
    expect((await poller.poll({ limit: 4, from })).cursor).toBe(from);
    const polls = source.store.polls.length;
    const page = await poller.poll({ limit: 0, from });
    expect(page).toMatchObject({ cursor: from, events: [], hasMore: false });
    expect(source.store.polls).toHaveLength(polls);
    expect((await poller.poll({ limit: 5, from, shards: [] })).cursor).toBe(from);
  });

  test('C3 a page of n over s shards reads at most 3n + s records', async () => {
    for (const shards of [1, 2, 5, 16]) {
      for (const limit of [1, 2, 7, 10, 33, 100]) {
        for (const ordering of ['sequence', 'timestamp'] as const) {
          const source = filled(shards, 40);
          source.store.trim(0, 30);
          const page = await new Poller(source).poll({ limit, ordering });
          expect(page.events.length).toBe(Math.min(limit, shards * 40 - 30));
          expect(source.store.recordsRead).toBeLessThanOrEqual(3 * limit + shards);
        }
      }
    }
  });

  test('C3 a page gives each busy shard its share, even one whose stamps lie far ahead', async () => {
    const source = new SampleSource();
    for (let shard = 0; shard < 8; shard += 1) {
      for (let n = 0; n < 50; n += 1) source.store.add(shard, shard * 1_000_000 + n);
    }
    const page = await new Poller(source).poll({ limit: 20 });
    const counts = Array.from({ length: 8 }, (_, shard) => page.events.filter((event) => event.shard === shard).length);
    expect(Math.min(...counts)).toBe(2);
    expect(Math.max(...counts)).toBe(3);
  });

  test.each(['apart', 'interleaved'])('C3 pages of 1 event reach all of 64 busy shards, stamps %s', async (kind) => {
    const source = new SampleSource();
    for (let shard = 0; shard < 64; shard += 1) {
      for (let n = 0; n < 100; n += 1) source.store.add(shard, kind === 'apart' ? shard * 1000 + n : n * 64 + shard);
    }
    const poller = new Poller(source);
    const seen = new Set<number>();
    let from: string | undefined;
    for (let pages = 0; pages < 64 * 20 && seen.size < 64; pages += 1) {
      const page = await poller.poll({ limit: 1, from });
      seen.add(page.events[0]?.shard as number);
      from = page.cursor;
    }
    expect(seen.size).toBe(64);
  });

  test('C4 within a shard the stored order is kept', async () => {
    const source = new SampleSource();
    for (const stamp of [5, 3, 9, 1]) source.store.add(0, stamp);
    const page = await new Poller(source).poll(new ConsumeRequest(10));
    expect(page.events.map((event) => Number(event.timestampNs))).toEqual([5, 3, 9, 1]);
  });

  test('C5 a failing shard is told and the others are served; when all fail, poll rejects', async () => {
    const source = filled(2, 3);
    source.store.beforePoll = (shard) => {
      if (shard === 0) throw new AdapterError('Transient', 'not now');
    };
    const poller = new Poller(source);
    const page = await poller.poll({ limit: 10 });
    expect(page.events).toHaveLength(3);
    expect(page.failedShards).toMatchObject([{ shard: 0, error: { kind: 'Transient' } }]);
    expect(page.hasMore).toBe(false);
    await expect(poller.poll({ limit: 10, shards: [0] })).rejects.toMatchObject({
      kind: 'Adapter',
      cause: { kind: 'Transient' },
    });
    source.store.beforePoll = undefined;
    const rest = await poller.poll({ limit: 10, from: page.cursor });
    expect(rest.events.map((event) => event.shard)).toEqual([0, 0, 0]);
  });

  test('C5 sealed shards cost nothing in cursors or polls once they are read', async () => {
    const source = filled(40, 2);
    for (let shard = 0; shard < 39; shard += 1) source.store.seal(shard);
    const poller = new Poller(source);
    const { from } = await all(poller, { limit: 50 });
    expect(from.length).toBeLessThan(70);
    const before = source.store.polls.length;
    expect((await poller.poll({ limit: 50, from })).cursor).toBe(from);
    expect(source.store.polls.slice(before).map(({ shard }) => shard)).toEqual([39]);
  });

  test('C5 a shard that another process made shows up at the next poll', async () => {
    const source = filled(1, 1);
    const poller = new Poller(source);
    const { cursor } = await poller.poll({ limit: 10 });
    source.store.add(7, 5000);
    const page = await poller.poll({ limit: 10, from: cursor });
    expect(page.events.map((event) => event.shard)).toEqual([7]);
  });

  test('F3 after the shutdown poll rejects and the adapter is not called', async () => {
    const source = filled(1, 1);
    const poller = new Poller(source);
    await source.close();
    const calls = source.store.polls.length;
    await expect(poller.poll({ limit: 1 })).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Shutdown' } });
    expect(source.store.polls).toHaveLength(calls);
  });
});
