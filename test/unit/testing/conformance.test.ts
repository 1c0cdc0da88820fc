// The suite must fail for an adapter that breaks the contract: each wrong adapter here fails at least the test that
// is named beside it.
import { expect, test } from 'vitest';
import type { Adapter, ShardPage, StoredRecord } from '../../../src/adapter/contract.ts';
import { memory } from '../../../src/adapters/memory/index.ts';
import { type ConformanceSubject, conformanceTests } from '../../../src/testing/index.ts';

type Break = (adapter: Adapter) => Partial<Adapter>;

const SUBJECT: Omit<ConformanceSubject, 'create'> = {
  name: 'wrong',
  capabilities: { readable: true, deduplicates: true, exclusive: true },
  methods: ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'],
  reopens: true,
  wakeUpMs: 50,
};

/** The memory adapter with some methods replaced. */
function wrong(breaks: Break): ConformanceSubject {
  const create = () => {
    const factory = memory();
    return { kind: 'wrong', create: () => override(factory.create(), breaks) };
  };
  return { ...SUBJECT, create };
}

function override(adapter: Adapter, breaks: Break): Adapter {
  const replaced = breaks(adapter);
  return new Proxy(adapter, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' && !(name in replaced) ? value.bind(target) : value;
    },
  });
}

function pages(change: (page: ShardPage) => ShardPage): Break {
  return (adapter) => ({ pollShard: async (shard, query) => change(await adapter.pollShard(shard, query)) });
}

function records(change: (record: StoredRecord, nth: number) => Partial<StoredRecord>): Break {
  return pages((page) => ({
    ...page,
    records: page.records.map((record, nth) => {
      const { sequence, timestampNs, hash, key, headers, bytes, position, producer, lostBefore } = record;
      const plain = { sequence, timestampNs, hash, key, headers, bytes, position, producer, lostBefore };
      return { ...plain, ...change(record, nth) };
    }),
  }));
}

const WRONG: readonly (readonly [string, string, Break])[] = [
  [
    'stores text',
    'I2 gives back any bytes',
    records(({ bytes }) => ({ bytes: new Uint8Array(Buffer.from(Buffer.from(bytes).toString())) })),
  ],
  ['forgets headers', 'gives back key, headers', records(() => ({ headers: undefined }))],
  [
    'rounds stamps',
    'gives back key, headers',
    records(({ timestampNs }) => ({ timestampNs: timestampNs - (timestampNs % 1000n) })),
  ],
  ['forgets losses', 'C5 tells how many', records(() => ({ lostBefore: undefined }))],
  [
    'repeats the last event',
    'C1 pages of every size',
    pages((page) => ({ ...page, next: page.records.at(-2)?.position ?? page.next })),
  ],
  ['always has more', 'no more than the limit', pages((page) => ({ ...page, hasMore: page.records.length > 0 }))],
  ['never has more', 'no more than the limit', pages((page) => ({ ...page, hasMore: false }))],
  ['turns pages around', 'C4 keeps the order', pages((page) => ({ ...page, records: [...page.records].reverse() }))],
  [
    'starts again after a bad position',
    'C2 refuses damaged',
    (adapter) => ({
      pollShard: (shard, query) =>
        adapter.pollShard(shard, query).catch(() => adapter.pollShard(shard, { ...query, after: undefined })),
    }),
  ],
  [
    'ignores the limit',
    'no more than the limit',
    (adapter) => ({ pollShard: (shard, query) => adapter.pollShard(shard, { ...query, limit: 1e6 }) }),
  ],
  [
    'ignores maxBytes',
    'no more payload bytes',
    (adapter) => ({ pollShard: (shard, query) => adapter.pollShard(shard, { ...query, maxBytes: 1e9 }) }),
  ],
  ['has no tail', 'tells the tail', () => ({ tail: async () => undefined })],
  [
    'seeks the end',
    'finds the first event',
    (adapter) => ({ seek: (shard, _ns, options) => adapter.tail(shard, options) }),
  ],
  ['lists nothing', 'C5 lists every shard', () => ({ listShards: async () => [] })],
  ['seals nothing', 'S2 a sealed shard is read', () => ({ sealShard: async () => undefined })],
  ['never wakes', 'C8 wakes a watcher', () => ({ watch: () => () => undefined })],
  ['claims what it lacks', 'says the capabilities', () => ({ capabilities: {} })],
  ['lacks what it claims', 'says the capabilities', () => ({ seek: undefined as never })],
  [
    'has an empty storeId',
    'names its store',
    (adapter) => ({ init: async (context) => ({ ...(await adapter.init(context)), storeId: '' }) }),
  ],
];

for (const [what, fails, breaks] of WRONG) {
  test(`fails an adapter that ${what}`, async () => {
    const failed: string[] = [];
    for (const each of conformanceTests(wrong(breaks))) {
      if (!each.name.includes(fails)) continue;
      await each.run().catch((error: Error) => failed.push(`${each.name}: ${error.message}`));
    }
    expect(failed.length).toBeGreaterThan(0);
  });
}

test('fails an adapter that stores repetitions, by every test about them', async () => {
  // Each batch under a producer of its own looks new to the store.
  let nth = 0;
  const breaks: Break = (adapter) => ({
    onBatch: (batch, options) => {
      nth += 1;
      const producer = `producer-${nth}`;
      return adapter.onBatch(
        new Proxy(batch, {
          get: (target, name) => (name === 'producer' ? producer : Reflect.get(target, name, target)),
        }),
        options,
      );
    },
  });
  const about = conformanceTests(wrong(breaks)).filter((each) => /: D2 stores/.test(each.name));
  for (const each of about) await expect(each.run()).rejects.toThrow();
  expect(about).toHaveLength(3);
});

test('picks tests by capabilities, methods and reopening', () => {
  const names = (subject: Partial<ConformanceSubject>): number =>
    conformanceTests({ ...SUBJECT, create: () => memory(), ...subject }).length;
  expect(names({})).toBeGreaterThan(names({ reopens: false }));
  expect(names({ reopens: false })).toBeGreaterThan(names({ reopens: false, methods: [] }));
  expect(names({ methods: [] })).toBeGreaterThan(names({ methods: [], capabilities: { readable: true } }));
  expect(names({ methods: [], capabilities: {} })).toBe(6);
});
