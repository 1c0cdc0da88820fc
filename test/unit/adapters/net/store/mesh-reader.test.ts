// Where readers begin and how they go on: tails, times, floors, places that were kept and covers that are not known.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { beforeEach, test } from 'vitest';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import type { MeshReader } from '../../../../../src/adapters/net/store/mesh-reader.ts';
import { encodePosition, type PositionEntry } from '../../../../../src/adapters/net/store/position.ts';
import { keyOf } from '../../../../../src/adapters/net/store/stream.ts';
import { PositionError } from '../../../../../src/errors/position-error.ts';
import type { FrameStore } from '../../../../../src/frame-store/frame-store.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { around, FIRST_MS, framesOf, numbered, open, put, read, readerOf, texts } from './driver.ts';

const A = 'producer a';
const B = 'producer b';
const MS = 1_000_000n;
const FIRST_NS = BigInt(FIRST_MS) * MS;
let a: BatchMaker;
let b: BatchMaker;

beforeEach(() => {
  a = new BatchMaker({ producer: A });
  b = new BatchMaker({ producer: B });
});

/** The texts behind a position, and the count of the gap before them. */
async function behind(reader: MeshReader, after: string | undefined): Promise<readonly [string[], number]> {
  const page = await read(reader, { after });
  return [texts(page), page.gap?.count ?? 0];
}

function positionOf(floorMs: number, entries: Readonly<Record<string, PositionEntry>> = {}): string | undefined {
  return encodePosition({
    floorMs,
    entries: new Map(Object.entries(entries).map(([key, each]) => [keyOf(key), each])),
    told: new Map(),
  });
}

function gapOf(producer: string, fromSequence: number, end: number): object {
  return { producer, fromSequence, toSequence: end - 1, count: end - fromSequence };
}

test('C4 a shard is read in the order of arrival; what comes late with an older stamp comes once, behind the rest', async () => {
  const store = await open(framesOf(memory()));
  const late = b.batch(0, ['late 1', 'late 2']);
  a.advance(60_000n * MS);
  await put(store, a.batch(0, ['young 1']));
  const reader = readerOf(store);
  const { next: after } = await read(reader);
  await put(store, late, a.batch(0, ['young 2']));
  deepStrictEqual((await behind(reader, after))[0], ['late 1', 'late 2', 'young 2']);
  const { records } = await read(reader);
  deepStrictEqual(
    records.map(({ timestampNs }) => (timestampNs - FIRST_NS) / MS),
    [60_000n, 0n, 0n, 60_000n],
  );
});

test('behind the tail come new events alone, of known streams and of others', async () => {
  const store = await open(framesOf(memory()));
  const reader = readerOf(store);
  strictEqual(reader.tail(0), undefined);
  await put(store, a.batch(0, numbered(0, 3)));
  store.declareGap(0, A, { to: 5, stampNs: FIRST_NS });
  store.declareGap(0, B, { to: 4, stampNs: FIRST_NS });
  const tail = reader.tail(0);
  deepStrictEqual(await behind(reader, tail), [[], 0]);
  a.batch(0, numbered(3, 2));
  await put(store, a.batch(0, ['new 1']), new BatchMaker({ producer: 'c' }).batch(0, ['new 2']));
  deepStrictEqual(await behind(reader, tail), [['new 1', 'new 2'], 0]);
  strictEqual((await read(reader)).gap?.count, 4, 'the declared gap of b was no news');
});

test('the tail is where a reader stands that has read all', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, numbered(3, 3)));
  const reader = readerOf(store);
  strictEqual(reader.tail(0), (await read(reader)).next);
});

test('a search by time goes to the first event of each stream at or after it', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, ['a0']), b.batch(0, ['b0']));
  for (const maker of [a, b]) maker.advance(10n * MS);
  await put(store, b.batch(0, ['b10']), a.batch(0, ['a10']));
  a.advance(10n * MS);
  await put(store, a.batch(0, ['a20']));
  const reader = readerOf(store);
  const from = async (ns: bigint): Promise<string[]> => (await behind(reader, await reader.seek(0, FIRST_NS + ns)))[0];
  const all = ['a0', 'b0', 'b10', 'a10', 'a20'];
  deepStrictEqual([await from(-1n), await from(0n)], [all, all]);
  strictEqual(await reader.seek(0, FIRST_NS), undefined, 'the start of the shard');
  deepStrictEqual(await from(1n), ['b10', 'a10', 'a20']);
  deepStrictEqual(await from(10n * MS + 1n), ['b10', 'a10', 'a20']);
  deepStrictEqual(await from(10n * MS + 2n), ['a20']);
  deepStrictEqual(await from(20n * MS + 2n), ['a20']);
  deepStrictEqual(await from(20n * MS + 3n), []);
  strictEqual(await reader.seek(0, FIRST_NS + 99n * MS), reader.tail(0));
  strictEqual(await reader.seek(7, FIRST_NS), undefined);
});

test('C5 a gap of a stream that was never seen here is told once to a reader with a floor', async () => {
  const store = await open(framesOf(memory()));
  store.declareGap(0, A, { to: 5, stampNs: FIRST_NS + 100n * MS });
  b.advance(200n * MS);
  await put(store, b.batch(0, ['b']));
  const reader = readerOf(store);
  const page = await read(reader, { after: positionOf(Number(FIRST_NS / MS)) });
  deepStrictEqual([texts(page), page.gap], [['b'], { shard: 0, reason: 'trimmed', ...gapOf(A, 0, 5) }]);
  deepStrictEqual(await behind(reader, page.next), [[], 0]);
  deepStrictEqual(await behind(reader, page.records[0]?.position), [[], 0]);
});

test('C5 a search for a time among trimmed events begins before them, and the page tells of them', async () => {
  const store = await open(framesOf(memory({ maxEvents: 4 })));
  await put(store, a.batch(0, numbered(0, 3)));
  a.advance(10n * MS);
  await put(store, a.batch(0, numbered(3, 4)));
  const reader = readerOf(store);
  deepStrictEqual(await behind(reader, await reader.seek(0, FIRST_NS + 1n)), [numbered(3, 4), 3]);
  deepStrictEqual(await behind(reader, await reader.seek(0, FIRST_NS + 5n)), [numbered(3, 4), 0]);
  deepStrictEqual(await behind(reader, await reader.seek(0, FIRST_NS + 10n * MS + 4n)), [numbered(4, 3), 0]);
});

test('C5 a search for a time begins before what was dropped right before the event that it finds', async () => {
  const store = await open(framesOf(memory()));
  a.lose(0, 2);
  await put(store, a.batch(0, ['a2', 'a3']));
  a.lose(0, 3);
  await put(store, b.batch(0, ['b0']), a.batch(0, ['a7', 'a8']));
  const reader = readerOf(store);
  const from = async (ns: bigint): Promise<readonly unknown[]> => {
    const { gap, records } = await read(reader, { after: await reader.seek(0, FIRST_NS + ns) });
    return [gap, ...records.map(({ sequence, lostBefore = 0 }) => [sequence, lostBefore])];
  };
  deepStrictEqual(await from(0n), [undefined, [2, 2], [3, 0], [0, 0], [7, 3], [8, 0]]);
  deepStrictEqual(await from(1n), [undefined, [3, 0], [7, 3], [8, 0]]);
  deepStrictEqual(await from(2n), [undefined, [7, 3], [8, 0]]);
  deepStrictEqual(await from(3n), [undefined, [8, 0]]);
});

test('of streams without a name the events up to the floor count as read, to the millisecond', async () => {
  const store = await open(framesOf(memory()));
  for (let nth = 0; nth < 3; nth += 1) {
    await put(store, a.batch(0, numbered(2 * nth, 2)));
    a.advance(5n * MS);
  }
  const reader = readerOf(store);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS - 1)), [numbered(0, 6), 0]);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS)), [numbered(2, 4), 0]);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS + 4)), [numbered(2, 4), 0]);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS + 5)), [numbered(4, 2), 0]);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS + 10)), [[], 0]);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS + 10, { [A]: { next: 1, covers: false } })), [
    numbered(1, 5),
    0,
  ]);
});

test('when the events around the floor are trimmed, those before the first that is left are told as a gap', async () => {
  const store = await open(framesOf(memory({ maxEvents: 2 })));
  await put(store, a.batch(0, numbered(0, 2)));
  a.advance(5n * MS);
  await put(store, a.batch(0, numbered(2, 2)));
  const reader = readerOf(store);
  deepStrictEqual(await behind(reader, positionOf(FIRST_MS)), [numbered(2, 2), 2]);
});

test('who relies on a cover that is not known waits without moving, and goes on once it is there', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 4)), b.batch(0, ['of the child']));
  const reader = readerOf(store, { foldAbove: 0 });
  const after = positionOf(0, { [B]: { next: 0, covers: true } });
  const page = await read(reader, { after });
  deepStrictEqual(texts(page), ['of the child']);
  strictEqual(page.hasMore, false);
  deepStrictEqual(await behind(reader, page.next), [[], 0]);
  store.addCover({ shard: 0, child: B, entries: [{ producer: A, end: 3, hasCover: false }] });
  deepStrictEqual(await behind(reader, page.next), [['e3'], 0]);
});

test('a reader that goes on gets what one without its history gets, while streams come and grow', async () => {
  const store = await open(framesOf(memory()));
  const makers = Array.from({ length: 6 }, (_, nth) => new BatchMaker({ producer: `producer ${nth}` }));
  const reader = readerOf(store);
  const found: string[] = [];
  let after: string | undefined;
  for (let turn = 0; turn < 120; turn += 1) {
    const maker = makers[(turn * turn) % (1 + Math.min(5, turn >> 4))] as BatchMaker;
    await put(store, maker.batch(0, numbered(3 * turn, 3)));
    const fresh = await read(readerOf(store), { after, limit: 2 + (turn % 3) });
    const page = await read(reader, { after, limit: 2 + (turn % 3) });
    deepStrictEqual([texts(page), page.next, page.hasMore], [texts(fresh), fresh.next, fresh.hasMore]);
    found.push(...texts(page));
    after = page.next;
  }
  found.push(...(await behind(reader, after))[0]);
  deepStrictEqual(found, numbered(0, 360));
});

test('a reader that goes on does not look again at what it has read', async () => {
  const frames = framesOf(memory());
  const indexes: number[] = [];
  const noted: FrameStore['read'] = async (shard, index, ...rest) => {
    indexes.push(index);
    return frames.read(shard, index, ...rest);
  };
  const store = await open(around(frames, { read: noted }));
  for (let nth = 0; nth < 50; nth += 1) await put(store, (nth % 2 === 0 ? a : b).batch(0, numbered(4 * nth, 4)));
  const reader = readerOf(store);
  for (let after: string | undefined, nth = 0; nth < 50; nth += 1) {
    indexes.length = 0;
    const page = await read(reader, { after, limit: 4 });
    strictEqual(Math.min(...indexes) >= 4 * (nth - 1), true, `page ${nth} reads at ${indexes}`);
    after = page.next;
  }
});

test('many readers at places of their own each go on where they were', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 50)), b.batch(0, numbered(50, 50)));
  const reader = readerOf(store);
  const positions = await Promise.all(
    Array.from({ length: 90 }, async (_, nth) => (await read(reader, { limit: nth + 1 })).next),
  );
  for (const [nth, after] of positions.entries()) {
    deepStrictEqual(texts(await read(reader, { after, limit: 3 })), numbered(nth + 1, 3));
  }
});

test('a text that is no position is refused', async () => {
  const store = await open(framesOf(memory()));
  await rejects(read(readerOf(store), { after: 'no position' }), PositionError);
});
