// One page of a shard: as much as was asked for, in the order of arrival, and all that is missing told once with its count.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { beforeEach, describe, test } from 'vitest';
import type { ShardPage, ShardQuery } from '../../../../../src/adapter/contract.ts';
import { log } from '../../../../../src/adapters/log/index.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import type { MeshReader } from '../../../../../src/adapters/net/store/mesh-reader.ts';
import { AdapterError } from '../../../../../src/errors/adapter-error.ts';
import type { FrameStore } from '../../../../../src/frame-store/frame-store.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import {
  around,
  FIRST_MS,
  framesOf,
  freshFolder,
  numbered,
  open,
  put,
  read,
  readerOf,
  signal,
  texts,
} from './driver.ts';

const A = 'producer a';
const B = 'producer b';
let a: BatchMaker;
let b: BatchMaker;

beforeEach(() => {
  a = new BatchMaker({ producer: A });
  b = new BatchMaker({ producer: B });
});

/** Page after page: the texts, and what each page tells of gaps and losses before them. */
async function walk(reader: MeshReader, asked: Partial<ShardQuery> = {}): Promise<string[]> {
  const found: string[] = [];
  let { after } = asked;
  for (;;) {
    const page = await read(reader, { ...asked, after });
    if (page.gap !== undefined) found.push(`gap ${page.gap.count}`);
    page.records.forEach(({ lostBefore, bytes }) => {
      if (lostBefore !== undefined) found.push(`lost ${lostBefore}`);
      found.push(Buffer.from(bytes).toString());
    });
    if (!page.hasMore) return found;
    if (page.next === after) throw new Error('The page says that there is more, and does not go on.');
    after = page.next;
  }
}

for (const [name, make] of [
  ['memory', () => framesOf(memory())],
  ['log', () => framesOf(log(freshFolder()))],
] as const) {
  describe(`over a ${name}`, () => {
    test('pages of any size together are what was stored, in its order, each event once', async () => {
      const store = await open(make());
      for (let nth = 0; nth < 5; nth += 1) {
        await put(store, a.batch(0, numbered(10 * nth, 4)), b.batch(0, numbered(10 * nth + 4, 3)));
        await put(store, a.batch(1, ['of another shard']), a.batch(0, numbered(10 * nth + 7, 3)));
      }
      for (const limit of [1, 3, 7, 10, 49, 50, 1000]) {
        deepStrictEqual(await walk(readerOf(store), { limit }), numbered(0, 50), `pages of ${limit}`);
      }
    });

    test('what was dropped before an event is told with it, also before the first one, whatever the page', async () => {
      const store = await open(make());
      a.lose(0, 2);
      await put(store, a.batch(0, ['a2', 'a3']), b.batch(0, ['b0']));
      a.lose(0, 3);
      b.lose(0, 1);
      await put(store, a.batch(0, ['a7']), b.batch(0, ['b2']));
      const all = ['lost 2', 'a2', 'a3', 'b0', 'lost 3', 'a7', 'lost 1', 'b2'];
      for (const limit of [1, 2, 3, 100]) deepStrictEqual(await walk(readerOf(store), { limit }), all);
    });
  });
}

test('a page ends at its limit, and says whether there is more', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, numbered(3, 3)));
  const reader = readerOf(store);
  const facts = (page: ShardPage): readonly unknown[] => [page.records.length, page.hasMore];
  deepStrictEqual(facts(await read(reader, { limit: 5 })), [5, true]);
  const whole = await read(reader, { limit: 6 });
  deepStrictEqual(facts(whole), [6, false]);
  const empty = await read(reader, { after: whole.next });
  deepStrictEqual([...facts(empty), empty.next], [0, false, whole.next]);
});

test('a page has no more bytes of payload than asked for, but one event whatever its size', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, ['1234', '5678']), b.batch(0, ['90', 'a'.repeat(100), 'b']));
  const reader = readerOf(store);
  const sizes: number[][] = [];
  for (let after: string | undefined, hasMore = true; hasMore; ) {
    const page = await read(reader, { after, maxBytes: 10 });
    sizes.push(page.records.map(({ bytes }) => bytes.length));
    ({ next: after, hasMore } = page);
  }
  deepStrictEqual(sizes, [[4, 4, 2], [100], [1]]);
});

test('a page that is full right before a loss leaves it to the page with the event behind it', async () => {
  const store = await open(framesOf(memory()));
  await put(store, b.batch(0, ['12345']));
  a.lose(0, 2);
  await put(store, a.batch(0, ['67890']));
  deepStrictEqual(await walk(readerOf(store), { maxBytes: 5 }), ['12345', 'lost 2', '67890']);
});

test('a shard that nobody wrote to is an empty page without a position', async () => {
  const store = await open(framesOf(memory()));
  const page = await read(readerOf(store), {}, 9);
  deepStrictEqual(page, { records: [], next: undefined, hasMore: false, gap: undefined });
});

test('what retention took of a stream is a gap with its sequences, right before what is left of it', async () => {
  const store = await open(framesOf(memory({ maxEvents: 5 })));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, numbered(3, 2)), a.batch(0, numbered(5, 3)));
  const reader = readerOf(store);
  const first = await read(reader);
  deepStrictEqual([texts(first), first.gap, first.hasMore], [numbered(3, 2), undefined, true]);
  const second = await read(reader, { after: first.next });
  const sequences = { producer: A, fromSequence: 0, toSequence: 2 };
  deepStrictEqual(second.gap, { shard: 0, reason: 'trimmed', count: 3, ...sequences });
  deepStrictEqual([texts(second), second.hasMore], [numbered(5, 3), false]);
});

test('of several streams that are gone as a whole a page tells the sum, before it reads on', async () => {
  const store = await open(framesOf(memory({ maxEvents: 2 })));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, numbered(3, 2)));
  const last = new BatchMaker({ producer: 'producer c' });
  await put(store, last.batch(0, numbered(5, 2)));
  const page = await read(readerOf(store));
  deepStrictEqual(page.gap, { shard: 0, reason: 'trimmed', count: 5 });
  deepStrictEqual([texts(page), page.hasMore], [numbered(5, 2), false]);
});

test('a reader that was away is told of what it missed alone, and of nothing twice', async () => {
  const store = await open(framesOf(memory({ maxEvents: 4 })));
  await put(store, a.batch(0, numbered(0, 2)));
  const reader = readerOf(store);
  const { next: after } = await read(reader);
  await put(store, a.batch(0, numbered(2, 3)), b.batch(0, ['x', 'y']), a.batch(0, numbered(5, 2)));
  for (const limit of [1, 2, 100]) {
    deepStrictEqual(await walk(reader, { after, limit }), ['x', 'y', 'gap 3', 'e5', 'e6']);
  }
});

test('what was declared as gone in the middle of a stream is a loss before the event behind it', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, ['a0']), b.batch(0, ['b0']));
  a.batch(0, numbered(1, 4));
  store.declareGap(0, A, { to: 5, stampNs: 1n });
  await store.append(a.batch(0, ['a5']), { signal, follows: 5 });
  for (const limit of [2, 100]) {
    deepStrictEqual(await walk(readerOf(store), { limit }), ['a0', 'b0', 'lost 4', 'a5']);
  }
});

test('what is gone everywhere behind the last event of a stream is told once that event was read', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 2)));
  store.declareGap(0, A, { to: 5, stampNs: 1n });
  store.declareGap(0, B, { to: 3, stampNs: 1n });
  deepStrictEqual(await walk(readerOf(store)), ['gap 3', 'e0', 'e1', 'gap 3']);
});

test('events of a stream that was forgotten unread are told as a gap, by their count', async () => {
  const store = await open(framesOf(memory({ maxEvents: 3 })));
  await put(store, a.batch(0, numbered(0, 3)));
  const reader = readerOf(store);
  const { next: after } = await read(reader, { limit: 1 });
  await put(store, b.batch(1, numbered(3, 3)));
  await store.tend(FIRST_MS + 1000, (shard) => shard === 1);
  strictEqual(store.stream(0, A), undefined);
  const page = await read(reader, { after });
  deepStrictEqual(page.gap, { shard: 0, reason: 'trimmed', count: 2 });
  deepStrictEqual(await walk(reader, { after: page.next }), []);
});

test('between unread events that lie far apart the read ones are passed without looking at each', async () => {
  const others = Array.from({ length: 50 }, (_, nth) =>
    new BatchMaker({ producer: `producer ${nth}` }).batch(0, numbered(0, 30)),
  );
  const batches = [a.batch(0, ['a0']), ...others, a.batch(0, ['a1'])] as const;
  const elsewhere = await open(framesOf(memory()));
  await put(elsewhere, ...others);
  const { next: after } = await read(readerOf(elsewhere));
  const frames = framesOf(memory());
  let reads = 0;
  const counted: FrameStore['read'] = async (...args) => {
    reads += 1;
    return frames.read(...args);
  };
  const store = await open(around(frames, { read: counted }));
  await put(store, ...batches);
  deepStrictEqual(await walk(readerOf(store), { after }), ['a0', 'a1']);
  strictEqual(reads < 10, true, `${reads} reads`);
});

test('what cannot be read ends a page behind what could, and is an error of the page after that', async () => {
  const frames = framesOf(memory());
  const reading: FrameStore['read'] = async (shard, index, ...rest) => {
    if (index >= 3) throw new AdapterError('Fatal', 'a bad sector');
    return frames.read(shard, index, ...rest);
  };
  const store = await open(around(frames, { read: reading }));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, numbered(3, 2)));
  const reader = readerOf(store);
  const page = await read(reader);
  deepStrictEqual([texts(page), page.hasMore], [numbered(0, 3), true]);
  await rejects(read(reader, { after: page.next }), { kind: 'Fatal' });
});
