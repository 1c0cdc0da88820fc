// Which entries count, as the ids of an answer and of what lies behind it tell.
import { expect, test } from 'vitest';
import type { Entry } from '../../../../src/adapters/redis/entry.ts';
import { idText } from '../../../../src/adapters/redis/entry-id.ts';
import { type Behind, firstIndex, withoutStrays } from '../../../../src/adapters/redis/stray-entries.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';

const NOTHING: Behind = { end: undefined, first: Infinity };

/** An entry of an event, or of a frame of so many. */
function entry(ms: number, index: number, events?: number): Entry {
  const nothing = { key: undefined, headers: undefined, dropped: undefined, lost: undefined };
  const bytes = Buffer.from('x');
  if (events === undefined)
    return { ms, index, payload: bytes, time: bytes, name: bytes, hash: bytes, frame: undefined, ...nothing };
  const { frame } = new BatchMaker({ producer: 'aa-01' }).batch(0, Array.from({ length: events }, String));
  const none = { payload: undefined, time: undefined, name: undefined, hash: undefined };
  return { ms, index, frame: Buffer.from(frame), ...none, ...nothing };
}

const ids = (entries: readonly Entry[]): string[] => entries.map(idText);

test('entries whose indices rise all count, and are given as they came', () => {
  const entries = [entry(1, 1), entry(1, 2), entry(2, 5, 3), entry(3, 9)];
  expect(withoutStrays(entries, NOTHING, 'here')).toBe(entries);
  expect(withoutStrays(entries, { end: { ms: 3, index: 9 }, first: 10 }, 'here')).toBe(entries);
  expect(withoutStrays([], NOTHING, 'here')).toEqual([]);
});

test('of entries that share an index the last one counts', () => {
  const entries = [entry(1, 1), entry(2, 2), entry(2, 3), entry(3, 2), entry(4, 2), entry(4, 3), entry(4, 4)];
  expect(ids(withoutStrays(entries, NOTHING, 'here'))).toEqual(['1-1', '4-2', '4-3', '4-4']);
});

test('a frame replaces all entries that share an index with one of its events', () => {
  const entries = [entry(1, 1), entry(2, 2), entry(2, 3), entry(3, 5, 2), entry(4, 5, 4), entry(5, 6)];
  expect(ids(withoutStrays(entries, NOTHING, 'here'))).toEqual(['1-1', '4-5', '5-6']);
});

test('entries behind the end do not count, nor those whose index comes again later', () => {
  const entries = [entry(1, 1), entry(2, 2), entry(2, 3), entry(2, 4)];
  expect(ids(withoutStrays(entries, { end: { ms: 2, index: 2 }, first: Infinity }, 'here'))).toEqual(['1-1', '2-2']);
  expect(ids(withoutStrays(entries, { end: { ms: 9, index: 9 }, first: 3 }, 'here'))).toEqual(['1-1', '2-2']);
});

test('a frame whose header lies is an error, and hides nothing', () => {
  const damaged = entry(2, 9, 2);
  damaged.frame?.writeUInt32LE(9, 12);
  expect(firstIndex(damaged)).toBe(1);
  expect(() => withoutStrays([entry(1, 7), damaged], NOTHING, 'here')).toThrow(/entry 2-9 holds a frame/);
});
