// C5: history that is gone is told once, on the page whose cursor passes it.
import { describe, expect, test } from 'vitest';
import type { Gap } from '../../../src/adapter/contract.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { SampleSource } from '../../support/sample-source.ts';

/** Three shards; some events say that others before them were dropped. */
function lossy(): SampleSource {
  const source = new SampleSource();
  for (let n = 0; n < 60; n += 1) {
    const lostBefore = n % 7 === 0 ? 1 + (n % 3) : 0;
    source.store.add(n % 3, 1000 + n, { sequence: n * 10, ...(lostBefore > 0 ? { lostBefore } : {}) });
  }
  return source;
}

function key(gap: Gap): string {
  return JSON.stringify(gap);
}

async function gapsOf(source: SampleSource, options: object): Promise<string[]> {
  const gaps: string[] = [];
  for (let from: string | undefined, hasMore = true; hasMore; ) {
    const page = await new Poller(source).poll({ ...options, from } as never);
    gaps.push(...page.gaps.map(key));
    from = page.cursor;
    hasMore = page.hasMore;
  }
  return gaps.sort();
}

describe('gaps', () => {
  test('C5 dropped events are named by producer, first and last sequence, and count', async () => {
    const source = new SampleSource();
    source.store.add(0, 1000, { sequence: 4, lostBefore: 4, producer: 'b' });
    const page = await new Poller(source).poll({ limit: 10 });
    expect(page.gaps).toEqual([
      { shard: 0, reason: 'dropped', producer: 'b', fromSequence: 0, toSequence: 3, count: 4 },
    ]);
  });

  test('C5 every gap is told exactly once, whatever the limit, order and filter', async () => {
    const all = await gapsOf(lossy(), { limit: 1000 });
    expect(all).toHaveLength(9);
    for (let limit = 1; limit <= 50; limit += 1) {
      for (const ordering of ['sequence', 'timestamp']) {
        expect(await gapsOf(lossy(), { limit, ordering })).toEqual(all);
        expect(await gapsOf(lossy(), { limit, ordering, filter: { path: 'n', value: 3 } })).toEqual(all);
        expect(await gapsOf(lossy(), { limit, ordering, filter: { path: 'no', value: 3 } })).toEqual(all);
      }
    }
  });

  test('C5 trimmed history is told to a reader that starts at the earliest, and to one that was overtaken', async () => {
    const source = new SampleSource();
    for (let n = 0; n < 10; n += 1) source.store.add(0, 1000 + n);
    source.store.trim(0, 2);
    const poller = new Poller(source);
    const first = await poller.poll({ limit: 3 });
    expect(first.gaps).toEqual([{ shard: 0, reason: 'trimmed', count: 2 }]);
    source.store.trim(0, 4);
    const second = await poller.poll({ limit: 3, from: first.cursor });
    expect(second.gaps).toEqual([{ shard: 0, reason: 'trimmed', count: 1 }]);
    expect(second.events.map((event) => event.sequence)).toEqual([6, 7, 8]);
    expect((await poller.poll({ limit: 3, from: second.cursor })).gaps).toEqual([]);
  });

  test('C5 a gap with nothing after it is told, and the cursor passes it', async () => {
    const source = new SampleSource();
    for (let n = 0; n < 5; n += 1) source.store.add(0, 1000 + n);
    source.store.trim(0, 5);
    const poller = new Poller(source);
    const page = await poller.poll({ limit: 3, ordering: 'timestamp' });
    expect(page).toMatchObject({ events: [], gaps: [{ count: 5 }], hasMore: false });
    expect((await poller.poll({ limit: 3, from: page.cursor })).gaps).toEqual([]);
  });

  test('C5 a gap before an event that is held back is told when the event is', async () => {
    const source = new SampleSource();
    source.store.add(0, source.clockNs + 5n, { sequence: 3, lostBefore: 3 });
    source.lanes = [{ shard: 1, oldestTimestampNs: source.clockNs + 1n }];
    const poller = new Poller(source);
    const held = await poller.poll({ limit: 3, ordering: 'timestamp' });
    expect(held.gaps).toEqual([]);
    source.lanes = [];
    expect((await poller.poll({ limit: 3, ordering: 'timestamp', from: held.cursor })).gaps).toHaveLength(1);
  });
});
