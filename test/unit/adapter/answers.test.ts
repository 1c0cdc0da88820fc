// Answers of an adapter that keep no contract are Fatal and say what is wrong; one shard's fault stays with that shard.
import { describe, expect, test } from 'vitest';
import type { ShardPage } from '../../../src/adapter/contract.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { SampleSource } from '../../support/sample-source.ts';
import { SampleStore } from '../../support/sample-store.ts';

const RECORD = { sequence: 0, timestampNs: 1n, hash: 0n, bytes: new Uint8Array(1), producer: 'p', position: 'n1' };
const PAGE = { records: [RECORD], next: 'n1', hasMore: false };

const withRecord = (change: object): unknown => ({ ...PAGE, records: [RECORD, { ...RECORD, ...change }] });

const PAGES: readonly (readonly [string, unknown, RegExp])[] = [
  ['nothing', undefined, /shard 1: it is undefined/],
  ['null', null, /it is null/],
  ['a text', 'page', /it is a string/],
  ['records that only look like an array', { ...PAGE, records: { length: 1, 0: RECORD } }, /records is an array/],
  ['a hole', { ...PAGE, records: new Array(1) }, /record 0: it is undefined/],
  ['a record that is null', { ...PAGE, records: [null] }, /record 0: it is null/],
  ['a position that is a number', withRecord({ position: 1 }), /record 1: position is a string, got 1/],
  ['no producer', withRecord({ producer: undefined }), /record 1: producer is a string/],
  ['a sequence with a fraction', withRecord({ sequence: 1.5 }), /sequence is a whole number/],
  ['a negative sequence', withRecord({ sequence: -1 }), /sequence is a whole number/],
  ['a stamp that is a number', withRecord({ timestampNs: 5 }), /timestampNs is a bigint, got 5/],
  ['a negative stamp', withRecord({ timestampNs: -5n }), /timestampNs is a bigint from 0/],
  ['a stamp of more than 64 bits', withRecord({ timestampNs: 2n ** 64n }), /timestampNs is a bigint from 0/],
  ['bytes that are text', withRecord({ bytes: 'secret' }), /bytes is a Uint8Array, got a string/],
  ['a loss that is no number', withRecord({ lostBefore: Number.NaN }), /lostBefore is a whole number, got NaN/],
  ['next that is a number', { ...PAGE, next: 7 }, /next is a string or undefined, got 7/],
  ['next that is null', { ...PAGE, next: null }, /next is a string or undefined, got null/],
  ['no hasMore', { ...PAGE, hasMore: undefined }, /hasMore is a boolean/],
  ['sealed that is a number', { ...PAGE, sealed: 1 }, /sealed is a boolean/],
  ['a gap of nothing', { ...PAGE, gap: {} }, /gap.shard is another shard/],
  ['a gap without a reason', { ...PAGE, gap: { shard: 1 } }, /gap.reason is one of/],
];

function pollerOver(change: object): Poller {
  const store = new SampleStore();
  store.add(0, 1000);
  store.add(1, 1001);
  return new Poller(new SampleSource({ store: Object.assign(store, change) }));
}

function answering(page: unknown): Poller {
  const { pollShard } = SampleStore.prototype;
  return pollerOver({
    async pollShard(this: SampleStore, ...query: Parameters<typeof pollShard>): Promise<ShardPage> {
      return query[0] === 1 ? (page as ShardPage) : pollShard.apply(this, query);
    },
  });
}

describe('pollShard', () => {
  test.each(PAGES)('C5 a page with %s fails its shard alone', async (_name, page, message) => {
    const { events, failedShards, cursor } = await answering(page).poll({ limit: 10 });
    expect(events.map(({ shard }) => shard)).toEqual([0]);
    expect(failedShards).toMatchObject([{ shard: 1, error: { kind: 'Fatal' } }]);
    expect(failedShards[0]?.error.message).toMatch(message);
    expect(failedShards[0]?.error.message).not.toContain('secret');
    expect((await answering(PAGE).poll({ limit: 10, from: cursor })).events).toHaveLength(1);
  });

  test('a page that keeps the contract passes', async () => {
    const page = { ...PAGE, sealed: true, gap: { shard: 1, reason: 'trimmed', count: 3 } };
    expect(await answering(page).poll({ limit: 10 })).toMatchObject({ failedShards: [], gaps: [{ count: 3 }] });
  });
});

const LISTS: readonly unknown[] = [
  null,
  {},
  [null],
  ...[-1, 65_536, 1.5, 'a'].map((shard) => [{ shard, sealed: false }]),
];

test.each([...LISTS, [{ shard: 1 }]])('a list of shards that is %j rejects the poll as Fatal', async (list) => {
  const poll = pollerOver({ listShards: async () => list }).poll({ limit: 10 });
  await expect(poll).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Fatal' } });
  await expect(poll).rejects.toThrow(/listShards resolved to what is no list of shards/);
});

test.each([5, null, {}])('a position that is %j rejects the poll as Fatal', async (position) => {
  const latest = pollerOver({ tail: async () => position }).poll({ limit: 10, from: 'latest' });
  await expect(latest).rejects.toThrow(/tail resolved to what is no position/);
  const later = pollerOver({ seek: async () => position }).poll({ limit: 10, from: { timestamp: 5n } });
  await expect(later).rejects.toThrow(/seek resolved to what is no position/);
});
