// Where a request starts, what a request may say, and filtered pages that find little.
import { describe, expect, test } from 'vitest';
import { ConsumeRequest, optionsOf } from '../../../src/consume/consume-request.ts';
import { Filter } from '../../../src/consume/filter.ts';
import { Ordering } from '../../../src/consume/ordering.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { SampleSource } from '../../support/sample-source.ts';
import { SampleStore } from '../../support/sample-store.ts';

const START_NS = 1_699_999_999_000_000_000n;

function filled(seeks: boolean): SampleSource {
  const source = new SampleSource({ store: new SampleStore({ seeks }) });
  for (let n = 0; n < 100; n += 1) source.store.add(n % 4, START_NS + BigInt(n) * 1_000_000n, { json: { n } });
  return source;
}

async function numbers(poller: Poller, options: object): Promise<number[]> {
  const found: number[] = [];
  for (let from: unknown = (options as { from?: unknown }).from, hasMore = true; hasMore; ) {
    const page = await poller.poll({ limit: 7, ...options, from });
    found.push(...page.events.map((event) => event.json<{ n: number }>().n));
    from = page.cursor;
    hasMore = page.hasMore;
  }
  return found.sort((a, b) => a - b);
}

const from = (first: number): number[] => Array.from({ length: 100 - first }, (_, index) => first + index);

describe('start points', () => {
  test.each([true, false])('a time starts with the first event at or after it, adapter seeks: %s', async (seeks) => {
    const poller = new Poller(filled(seeks));
    expect(await numbers(poller, { from: { timestamp: START_NS + 40_000_000n } })).toEqual(from(40));
    expect(await numbers(poller, { from: { timestamp: new Date(1_699_999_999_060) } })).toEqual(from(60));
    expect(await numbers(poller, { from: { timestamp: new Date(-5) }, ordering: 'timestamp' })).toEqual(from(0));
    expect(await numbers(poller, { from: { timestamp: START_NS * 2n } })).toEqual([]);
  });

  test('a time that has to be scanned for holds for shards that show up later', async () => {
    const source = filled(false);
    const poller = new Poller(source);
    const page = await poller.poll({ limit: 100, from: { timestamp: START_NS + 90_000_000n } });
    source.store.add(9, START_NS + 50_000_000n);
    source.store.add(9, START_NS + 95_000_000n, { json: { n: 1000 } });
    expect(await numbers(poller, { from: page.cursor })).toEqual([1000]);
  });

  test('latest leaves out what is stored, on shards that are not asked for too', async () => {
    const source = filled(false);
    const poller = new Poller(source);
    const page = await poller.poll({ limit: 10, from: 'latest', shards: [1] });
    expect(page).toMatchObject({ events: [], hasMore: false });
    source.store.add(2, START_NS, { json: { n: 500 } });
    expect(await numbers(poller, { from: page.cursor })).toEqual([500]);
  });

  test('latest rejects when a shard cannot tell its end', async () => {
    const source = filled(false);
    source.store.tail = async () => {
      throw new AdapterError('Transient', 'away');
    };
    await expect(new Poller(source).poll({ limit: 1, from: 'latest' })).rejects.toMatchObject({ kind: 'Adapter' });
  });

  test('C2 a position that the adapter cannot read is InvalidCursor', async () => {
    const source = filled(false);
    const { cursor } = await new Poller(source).poll({ limit: 100 });
    for (const shard of source.store.shards.values()) shard.records.length = 3;
    await expect(new Poller(source).poll({ limit: 1, from: cursor })).rejects.toMatchObject({ kind: 'InvalidCursor' });
  });
});

describe('requests', () => {
  test('a ConsumeRequest says the same as plain options, and never changes', async () => {
    const poller = new Poller(filled(false));
    const plain = new ConsumeRequest(10);
    const filter = Filter.or([Filter.eq('n', 8), Filter.eq('n', 9)]);
    const built = plain.filter(filter).ordering(Ordering.Timestamp).shards([0, 1]);
    const page = await poller.poll(built);
    expect(page.events.map((event) => event.json())).toEqual([{ n: 8 }, { n: 9 }]);
    const same = await poller.poll({ limit: 10, filter: filter.toJson(), ordering: 'timestamp', shards: [1, 0, 1] });
    expect(same.cursor).toBe(page.cursor);
    expect((await poller.poll(built.from(page.cursor))).events).toEqual([]);
    expect(optionsOf(plain)).toEqual({ limit: 10 });
  });

  test('a request and a filter of another copy of the package count', async () => {
    const poller = new Poller(filled(false));
    const filter = { [Symbol.for('meshbus.Filter')]: true, toJson: () => ({ path: 'n', value: 5 }) };
    const page = await poller.poll({ [Symbol.for('meshbus.ConsumeRequest')]: { limit: 3, filter } });
    expect(page.events.map((event) => event.json())).toEqual([{ n: 5 }]);
  });

  test.each([
    ['no object', undefined, /a request is/],
    ['no limit', {}, /limit/],
    ['a negative limit', { limit: -1 }, /limit/],
    ['a fraction', { limit: 1.5 }, /limit/],
    ['NaN', { limit: Number.NaN }, /limit/],
    ['a limit as text', { limit: '5' }, /limit/],
    ['a limit above 100,000', { limit: 100_001 }, /limit/],
    ['an unknown option', { limit: 1, fromId: 'x' }, /fromId/],
    ['null as a start', { limit: 1, from: null }, /from/],
    ['a number as a start', { limit: 1, from: 5 }, /from/],
    ['an invalid date', { limit: 1, from: { timestamp: new Date(Number.NaN) } }, /timestamp/],
    ['a number as a time', { limit: 1, from: { timestamp: 5 } }, /timestamp/],
    ['a time beyond all', { limit: 1, from: { timestamp: 2n ** 64n } }, /timestamp/],
    ['an unknown order', { limit: 1, ordering: 'Timestamp' }, /ordering/],
    ['shards that are no list', { limit: 1, shards: 3 }, /shards/],
    ['a negative shard', { limit: 1, shards: [-1] }, /shard id/],
    ['a shard above 65,535', { limit: 1, shards: [65_536] }, /shard id/],
    ['a shard as text', { limit: 1, shards: ['0'] }, /shard id/],
  ])('%s is InvalidRequest', async (_name, request, message) => {
    const refused = await new Poller(filled(false)).poll(request).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ConsumerError', kind: 'InvalidRequest' });
    expect((refused as Error).message).toMatch(message);
  });

  test('a shard that does not exist is an empty page, and 100,000 is a limit', async () => {
    const page = await new Poller(filled(false)).poll({ limit: 100_000, shards: [65_535] });
    expect(page).toMatchObject({ events: [], hasMore: false });
  });

  test('C6 a filtered page that finds nothing advances, within bounded work', async () => {
    const source = new SampleSource();
    for (let n = 0; n < 40_000; n += 1) source.store.add(n % 2, 1000 + n);
    const poller = new Poller(source);
    const filter = Filter.eq('none', 1);
    const page = await poller.poll({ limit: 10, filter });
    expect(page).toMatchObject({ events: [], hasMore: true });
    expect(source.store.recordsRead).toBeLessThan(20_000);
    const next = await poller.poll({ limit: 10, filter, from: page.cursor });
    expect(next.cursor).not.toBe(page.cursor);
  });

  test('C6 large payloads end a page early, and it goes on where it ended', async () => {
    const source = new SampleSource();
    const bytes = new Uint8Array(1 << 20);
    for (let n = 0; n < 80; n += 1) source.store.add(n % 2, 1000 + n, { bytes });
    for (const ordering of ['sequence', 'timestamp'] as const) {
      const page = await new Poller(source).poll({ limit: 1000, ordering });
      expect(page.events.length).toBeLessThanOrEqual(34);
      expect(page.events.length).toBeGreaterThanOrEqual(30);
      expect(page.hasMore).toBe(true);
    }
  });
});
