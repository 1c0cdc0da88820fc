// What a position means on a node that lacks something: nothing comes twice, nothing is passed in silence.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { CoverPatience } from '../../../../../src/adapters/net/store/cover-patience.ts';
import type { PositionEntry } from '../../../../../src/adapters/net/store/position.ts';
import { ReadingPlace } from '../../../../../src/adapters/net/store/reading-place.ts';
import { ShardStreams } from '../../../../../src/adapters/net/store/shard-streams.ts';
import { keyOf, type Stream } from '../../../../../src/adapters/net/store/stream.ts';

const NOW_MS = 10_000;

/** Stores the events [first, first + count) of a producer, one a millisecond from `atMs` on. */
function store(streams: ShardStreams, producer: string, { count, atMs }: { count: number; atMs: number }): Stream {
  const stream = streams.make(producer);
  const stampNs = (nth: number): bigint => BigInt(atMs + nth) * 1_000_000n;
  const stamps = { firstStampNs: stampNs(0), lastStampNs: stampNs(count - 1) };
  stream.note({ index: streams.indexed, firstSequence: stream.kept, count, lost: 0, ...stamps });
  streams.indexed += count;
  return stream;
}

function placeOf(
  streams: ShardStreams,
  entries: Readonly<Record<string, PositionEntry>>,
  { floorMs = 0, isOver = false, told = {} as Readonly<Record<string, number>> } = {},
): ReadingPlace {
  const clock = { monotonicMs: () => 0, wallMs: () => NOW_MS };
  const patience = new CoverPatience({ ...clock, patienceMs: isOver ? 0 : 1 });
  const named = Object.entries(entries).map(([producer, entry]) => [keyOf(producer), entry] as const);
  const gaps = Object.entries(told).map(([producer, end]) => [keyOf(producer), end] as const);
  const position = { floorMs, entries: new Map(named), told: new Map(gaps) };
  return ReadingPlace.of(streams, position, { foldAbove: 0, patience });
}

test('who relies on a cover that is not known here gets nothing of streams without a name', () => {
  const streams = new ShardStreams(0);
  const parent = store(streams, 'parent', { count: 3, atMs: 100 });
  const place = placeOf(streams, { child: { next: 0, covers: true } });
  ok(place.held.has(parent));
  strictEqual(place.position().entries.get(keyOf('child'))?.covers, true);
});

test('that a child was forgotten does not say that its cover was known (seed 1006533)', () => {
  const streams = new ShardStreams(0);
  store(streams, 'child', { count: 4, atMs: 100 });
  streams.trim(4);
  streams.forget(1000, () => false);
  const parent = store(streams, 'parent', { count: 16, atMs: 2000 });
  const place = placeOf(streams, { child: { next: 4, covers: true } });
  ok(place.held.has(parent));
  strictEqual(place.position().entries.get(keyOf('child'))?.covers, true);
});

test('a child that was forgotten behind all that it covers holds nobody', () => {
  const streams = new ShardStreams(0);
  streams.covers.add('child', [{ producer: 'parent', end: 2, hasCover: false }]);
  store(streams, 'parent', { count: 2, atMs: 100 });
  store(streams, 'child', { count: 2, atMs: 200 });
  streams.trim(4);
  deepStrictEqual(
    streams.forget(1000, () => false).map(({ producer }) => producer),
    ['parent', 'child'],
  );
  const fresh = store(streams, 'fresh', { count: 1, atMs: 3000 });
  const place = placeOf(streams, { child: { next: 2, covers: true } });
  strictEqual(place.held.size, 0);
  strictEqual(place.nextOf(fresh), 0);
  deepStrictEqual([...place.position().entries.keys()], []);
});

test('when a cover is waited for in vain its streams are told as a gap, and the time counts as read', () => {
  const streams = new ShardStreams(0);
  const parent = store(streams, 'parent', { count: 3, atMs: 100 });
  const place = placeOf(streams, { child: { next: 0, covers: true } }, { isOver: true });
  deepStrictEqual([...place.lost], [[parent, 3]]);
  const { floorMs, entries } = place.position();
  strictEqual(floorMs, NOW_MS);
  strictEqual(entries.get(keyOf('child'))?.covers, false);
  ok(!entries.has(keyOf('parent')), 'another node may have more of it that was read');
});

test('what a floor may have covered behind a cover is told as a gap, and never named as unread (seed 4000878)', () => {
  const streams = new ShardStreams(0);
  streams.covers.add('child', [{ producer: 'parent', end: 3, hasCover: false }]);
  streams.make('parent').declareGap(8, 1n); // Met again behind its 8th event, after it was forgotten.
  const parent = store(streams, 'parent', { count: 4, atMs: 2000 });
  const place = placeOf(streams, { child: { next: 0, covers: true } }, { floorMs: 1500 });
  deepStrictEqual([...place.lost], [[parent, 8]]);
  strictEqual(place.nextOf(parent), 3);
  const exact = placeOf(streams, { child: { next: 0, covers: true } });
  strictEqual(exact.lost.size, 0, 'without a floor the cover is exact');
});

test('of a stream without readable events a name says nothing, unless some are younger than the floor (seed 40374)', () => {
  const streams = new ShardStreams(0);
  const old = store(streams, 'old', { count: 3, atMs: 100 });
  old.declareGap(8, BigInt(NOW_MS) * 1_000_000n);
  const young = store(streams, 'young', { count: 3, atMs: 600 });
  streams.trim(6);
  const place = placeOf(streams, {}, { floorMs: 500 });
  ok(place.held.has(old));
  deepStrictEqual([...place.lost], [[young, 3]]);
  deepStrictEqual([...place.gone], [[old, 3]], 'what is gone behind its newest event may be younger');
});

test('a stream that is gone everywhere and was never seen here is told as a gap once, and gets no name (seed 6000186)', () => {
  const streams = new ShardStreams(0);
  const gone = streams.make('gone');
  gone.declareGap(5, 900_000_000n);
  streams.make('older').declareGap(4, 400_000_000n); // All that is gone of it lies below the floor.
  const floorMs = 500;
  const place = placeOf(streams, {}, { floorMs });
  deepStrictEqual([...place.gone], [[gone, 0]]);
  place.told.set(gone.key, 5);
  const position = place.position();
  deepStrictEqual([[...position.entries], [...position.told]], [[], [[gone.key, 5]]]);

  const told = { gone: 5, older: 4 };
  const again = placeOf(streams, {}, { floorMs, told });
  deepStrictEqual([...again.gone], []);
  deepStrictEqual([...again.position().told], [[gone.key, 5]], 'the floor says as much of the older one');
  gone.declareGap(7, 950_000_000n);
  deepStrictEqual([...placeOf(streams, {}, { floorMs, told }).gone], [[gone, 5]]);
});

test('what a cover says was read is no gap, though nothing of it was ever seen here (seed 40001595)', () => {
  const streams = new ShardStreams(0);
  streams.make('parent').declareGap(5, 900_000_000n);
  const entries = { child: { next: 0, covers: true } };
  const gapsFor = (end: number): number[] => {
    streams.covers.forget('child');
    streams.covers.add('child', [{ producer: 'parent', end, hasCover: false }]);
    return [...placeOf(streams, entries, { floorMs: 500 }).gone.values()];
  };
  deepStrictEqual([gapsFor(5), gapsFor(3)], [[], [3]]);
});

test('a stream that begins late and above the floor is never named as unread (seed 20004682)', () => {
  const streams = new ShardStreams(0);
  streams.make('back').declareGap(41, 1n); // Met again after it was forgotten: a reader of then knows what came before.
  const back = store(streams, 'back', { count: 7, atMs: 600 });
  streams.floorMs = 800;
  const place = placeOf(streams, {}, { floorMs: 500 });
  deepStrictEqual([...place.lost], [[back, 41]]);
  strictEqual(placeOf(streams, {}).lost.size, 0, 'without a floor nothing of it was read');
});

test('what comes of a stream behind a gap that was told is read, and named once it was read', () => {
  const streams = new ShardStreams(0);
  streams.make('told').declareGap(5, 900_000_000n);
  const stream = store(streams, 'told', { count: 2, atMs: 950 });
  const place = placeOf(streams, {}, { floorMs: 500, told: { told: 5 } });
  strictEqual(place.nextOf(stream), 5);
  ok(place.wants(stream));
  place.next.set(stream, 7);
  const { entries, told } = place.position();
  deepStrictEqual([[...entries], told.size], [[[stream.key, { next: 7, covers: false }]], 0]);
});

test('a stream that was read to its end needs no name once its successor covers it', () => {
  const streams = new ShardStreams(0);
  store(streams, 'parent', { count: 3, atMs: 100 });
  const child = store(streams, 'child', { count: 1, atMs: 200 });
  streams.covers.add('child', [{ producer: 'parent', end: 3, hasCover: false }]);
  const place = placeOf(streams, { parent: { next: 3, covers: false } });
  place.next.set(child, 1);
  deepStrictEqual([...place.position().entries], [[keyOf('child'), { next: 1, covers: true }]]);
});

test('a child that is named for its cover says how far it was read, though it was forgotten here (seed 5006685)', () => {
  const streams = new ShardStreams(0);
  store(streams, 'child', { count: 7, atMs: 100 });
  streams.trim(7);
  streams.forget(1000, () => false);
  streams.covers.add('child', [{ producer: 'parent', end: 2, hasCover: false }]);
  store(streams, 'parent', { count: 2, atMs: 2000 });
  const place = placeOf(streams, { child: { next: 7, covers: true }, parent: { next: 2, covers: false } });
  deepStrictEqual(place.position().entries.get(keyOf('child')), { next: 7, covers: true });
});

test('a cover is of no more use only when all that it covers was forgotten, to its end (seed 5006477)', () => {
  for (const [end, isSpent] of [
    [3, true],
    [8, false],
  ] as const) {
    const streams = new ShardStreams(0);
    store(streams, 'parent', { count: 3, atMs: 100 });
    streams.trim(3);
    streams.forget(1000, () => false);
    streams.covers.add('child', [{ producer: 'parent', end, hasCover: false }]);
    streams.forget(1000, () => false);
    deepStrictEqual([streams.isSpent(keyOf('child')), streams.covers.has('child')], [isSpent, !isSpent]);
  }
});

test('while one cover is missing, a position keeps those that are known', () => {
  const streams = new ShardStreams(0);
  store(streams, 'parent', { count: 3, atMs: 100 });
  streams.trim(3);
  streams.forget(1000, () => false);
  streams.covers.add('known', [{ producer: 'parent', end: 3, hasCover: false }]);
  store(streams, 'other', { count: 1, atMs: 2000 });
  const place = placeOf(streams, { known: { next: 1, covers: true }, absent: { next: 1, covers: true } });
  const { floorMs, entries } = place.position();
  deepStrictEqual([floorMs, entries.get(keyOf('known'))?.covers], [0, true]);
});

test('a spent cover stays in a position that does not get the floor below which its streams lie (seed 5500149)', () => {
  const streams = new ShardStreams(0);
  streams.covers.add('child', [{ producer: 'parent', end: 3, hasCover: false }]);
  store(streams, 'parent', { count: 3, atMs: 700 });
  store(streams, 'child', { count: 2, atMs: 800 });
  streams.trim(5);
  streams.forget(1000, () => false);
  ok(streams.isSpent(keyOf('child')));
  const child = { next: 2, covers: true };
  strictEqual(placeOf(streams, { child }, { floorMs: 600 }).position().floorMs, 1000);
  store(streams, 'old', { count: 1, atMs: 500 });
  const { floorMs, entries } = placeOf(streams, { child }, { floorMs: 600 }).position();
  deepStrictEqual([floorMs, entries.get(keyOf('child'))], [600, child]);
});

test('a child whose cover never came is not taken to cover nothing, though another one covers it (seed 6000769)', () => {
  const streams = new ShardStreams(0);
  store(streams, 'child', { count: 3, atMs: 100 });
  streams.covers.add('grandchild', [{ producer: 'child', end: 3, hasCover: false }]);
  streams.trim(3);
  streams.forget(1000, () => false);
  streams.forget(1000, () => false);
  deepStrictEqual([streams.forgottenEnd(keyOf('child')), streams.isSpent(keyOf('child'))], [3, false]);
});
