// Batches made by hand are frames like those of a drain.
import { expect, test } from 'vitest';
import { FrameBatch } from '../../../src/frame/batch.ts';
import { BatchMaker } from '../../../src/testing/index.ts';

test('makes frames that pass the check of a frame from elsewhere', () => {
  const batch = new BatchMaker().batch(3, ['', { bytes: 'x', key: 'k', headers: { a: 'b' }, hash: 7n }]);
  const parsed = FrameBatch.parse(batch.frame);
  expect([parsed.shard, parsed.producer, parsed.count]).toEqual([3, batch.producer, 2]);
  expect([...parsed].map((each) => [each.sequence, each.key, each.headers, each.hash])).toEqual([
    [0, undefined, undefined, 0n],
    [1, 'k', { a: 'b' }, 7n],
  ]);
});

test('goes on by shard in sequences, over all in stamps, and tells losses once', () => {
  const maker = new BatchMaker({ producer: 'p', firstTimestampNs: 10n });
  maker.batch(0, ['a', 'b']);
  const other = maker.batch(1, ['c']);
  maker.lose(0, 5);
  maker.advance(100n);
  const after = maker.batch(0, ['d']);
  expect([other.firstSequence, [...other][0]?.timestampNs]).toEqual([0, 12n]);
  expect([after.firstSequence, after.lostBefore, [...after][0]?.timestampNs]).toEqual([7, 5, 113n]);
  expect(maker.batch(0, ['e']).lostBefore).toBe(0);
});

test('refuses key and headers that do not fit', () => {
  expect(() => new BatchMaker().batch(0, [{ bytes: '', key: 'k'.repeat(65_534) }])).toThrow(RangeError);
});
