// What one stream is known to have: stored, declared as gone, trimmed, or recalled from an earlier opening.
import { deepStrictEqual, match, notStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { keyOf, Stream } from '../../../../../src/adapters/net/store/stream.ts';

const NS_PER_MS = 1_000_000n;

const rangeOf = ({ from, kept, to, offeredFrom }: Stream): readonly number[] => [from, kept, to, offeredFrom];

interface Note {
  readonly index: number;
  readonly lost?: number;
  readonly ms?: number;
}

function note(stream: Stream, firstSequence: number, count: number, { index, lost = 0, ms = 100 }: Note): void {
  const stamps = { firstStampNs: BigInt(ms) * NS_PER_MS, lastStampNs: BigInt(ms + count - 1) * NS_PER_MS };
  stream.note({ index, firstSequence, count, lost, ...stamps });
}

/** Events 0 to 2 at index 10, 3 to 1999 at 2000, 2000 to 2002 at 5000. */
function filled(): Stream {
  const stream = new Stream(0, 'a');
  note(stream, 0, 3, { index: 10 });
  note(stream, 3, 1997, { index: 2000, ms: 200 });
  note(stream, 2000, 3, { index: 5000, ms: 9000 });
  return stream;
}

test('a stream begins with what was lost before its first event, and grows with each run', () => {
  const stream = new Stream(0, 'a');
  deepStrictEqual(rangeOf(stream), [0, 0, 0, 0]);
  note(stream, 7, 3, { index: 2, lost: 2, ms: 50 });
  deepStrictEqual([...rangeOf(stream), stream.endIndex], [5, 10, 10, 5, 5]);
  note(stream, 12, 1, { index: 9, lost: 2, ms: 80 });
  deepStrictEqual([...rangeOf(stream), stream.endIndex], [5, 13, 13, 5, 10]);
  deepStrictEqual([stream.firstMs, stream.newestMs, stream.seenMs], [50, 80, 80]);
});

test('a first event that says of more losses than there are sequences begins the stream at 0', () => {
  const stream = new Stream(0, 'a');
  note(stream, 3, 1, { index: 9, lost: 9 });
  strictEqual(stream.from, 0);
});

test('the newest stamp never falls, what was seen last is told as it was', () => {
  const stream = new Stream(0, 'a');
  note(stream, 0, 1, { index: 0, ms: 500 });
  note(stream, 1, 1, { index: 1, ms: 300 });
  deepStrictEqual([stream.firstMs, stream.newestMs, stream.seenMs], [300, 500, 300]);
});

test('a gap behind what is stored is offered no more; nothing in it counts as stored', () => {
  const stream = filled();
  stream.declareGap(2010, 10_000n * NS_PER_MS);
  deepStrictEqual([...rangeOf(stream), stream.newestMs], [0, 2003, 2010, 2010, 10_000]);
  note(stream, 2003, 4, { index: 5010, ms: 9500 });
  deepStrictEqual(rangeOf(stream), [0, 2007, 2010, 2010]);
  note(stream, 2010, 2, { index: 5020, lost: 3, ms: 10_001 });
  deepStrictEqual(rangeOf(stream), [0, 2012, 2012, 2010]);
});

test('a gap that reaches no further than what is known changes nothing', () => {
  const stream = filled();
  stream.declareGap(2003, 99_999n * NS_PER_MS);
  deepStrictEqual([...rangeOf(stream), stream.newestMs], [0, 2003, 2003, 0, 9002]);
});

test('of a stream without an event all up to the gap is gone', () => {
  const stream = new Stream(0, 'a');
  stream.declareGap(8, 1n);
  deepStrictEqual([...rangeOf(stream), stream.endIndex], [8, 8, 8, 8, 0]);
  note(stream, 8, 2, { index: 0 });
  deepStrictEqual(rangeOf(stream), [8, 10, 10, 8]);
});

test('retention moves the begin of a stream to a place at or before the first event that is left', () => {
  for (const [trimmedTo, from] of [
    [0, 0],
    [10, 0],
    [12, 0],
    [1999, 0],
    [2000, 3],
    [4999, 3],
    [5000, 2000],
    [5002, 2000],
    [5003, 2003],
    [9999, 2003],
  ] as const) {
    const stream = filled();
    stream.trim(trimmedTo);
    deepStrictEqual(rangeOf(stream), [from, 2003, 2003, from], `trimmed to ${trimmedTo}`);
  }
});

test('what was lost before the first event is told until that event may be gone', () => {
  const stream = new Stream(0, 'a');
  note(stream, 7, 3, { index: 12, lost: 2 });
  stream.trim(11);
  deepStrictEqual(rangeOf(stream), [5, 10, 10, 5]);
  stream.trim(12);
  deepStrictEqual(rangeOf(stream), [7, 10, 10, 7]);
});

test('a stream whose events are all gone goes on behind them', () => {
  const stream = filled();
  stream.trim(5003);
  note(stream, 2003, 2, { index: 6000 });
  deepStrictEqual(rangeOf(stream), [2003, 2005, 2005, 2003]);
  stream.trim(6001);
  deepStrictEqual(rangeOf(stream), [2003, 2005, 2005, 2003]);
});

test('what retention took does not move what is offered back before a gap', () => {
  const stream = filled();
  stream.declareGap(2010, 1n);
  note(stream, 2010, 5, { index: 6003, lost: 7 });
  stream.trim(5000);
  deepStrictEqual(rangeOf(stream), [2000, 2015, 2015, 2010]);
});

test('a stream that is recalled has nothing to read, keeps a gap that reaches further, and goes on at its end', () => {
  const stream = new Stream(0, 'a');
  stream.recall(6, 77n * NS_PER_MS);
  deepStrictEqual([...rangeOf(stream), stream.newestMs, stream.endIndex], [6, 6, 6, 6, 77, 0]);
  note(stream, 6, 1, { index: 40, ms: 90 });
  deepStrictEqual([...rangeOf(stream), stream.newestMs], [6, 7, 7, 6, 90]);
  const gap = new Stream(0, 'a');
  gap.declareGap(9, 1n);
  gap.recall(6, 77n);
  deepStrictEqual(rangeOf(gap), [6, 6, 9, 6]);
});

test('the key of a producer is 12 hexadecimal digits, the first bit of which is free', () => {
  const keys = Array.from({ length: 200 }, (_, nth) => keyOf(`producer ${nth}`));
  for (const key of keys) match(key, /^[0-7][0-9a-f]{11}$/);
  strictEqual(new Set(keys).size, keys.length);
  strictEqual(new Stream(3, 'producer 7').key, keys[7]);
  notStrictEqual(keyOf('a'), keyOf('b'));
});
