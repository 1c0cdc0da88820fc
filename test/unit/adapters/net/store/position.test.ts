// Positions as texts: one place, one text; anything else is refused; short for a shard of 8 producers.
import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'vitest';
import {
  decodePosition,
  encodePosition,
  type Position,
  type PositionEntry,
} from '../../../../../src/adapters/net/store/position.ts';
import { keyOf } from '../../../../../src/adapters/net/store/stream.ts';
import { PositionError } from '../../../../../src/errors/position-error.ts';

function positionOf(producers: number, next: number, floorMs = 0, told: readonly string[] = []): Position {
  const entries = new Map<string, PositionEntry>();
  for (let nth = 0; nth < producers; nth += 1)
    entries.set(keyOf(`p${nth}`), { next: next + nth, covers: nth % 2 === 1 });
  return { floorMs, entries, told: new Map(told.map((producer, nth) => [keyOf(producer), nth + 1])) };
}

test('what was encoded decodes to the same, with and without a floor and told gaps', () => {
  const floorMs = 1_700_000_000_000;
  const all = [positionOf(3, 5), positionOf(1, 0, floorMs), positionOf(0, 0, 7), positionOf(2, 9, floorMs, ['a', 'b'])];
  for (const position of all) {
    deepStrictEqual(decodePosition(encodePosition(position)), position);
  }
});

test('the start of a shard has no text', () => {
  strictEqual(encodePosition(positionOf(0, 0)), undefined);
  deepStrictEqual(decodePosition(undefined), positionOf(0, 0));
});

test('the same place has the same text in whatever order its streams were met', () => {
  const { entries, told } = positionOf(5, 9, 7, ['a', 'b', 'c']);
  const turned = { floorMs: 7, entries: new Map([...entries].reverse()), told: new Map([...told].reverse()) };
  strictEqual(encodePosition({ floorMs: 7, entries, told }), encodePosition(turned));
});

test('a damaged or foreign text is refused', () => {
  const text = encodePosition(positionOf(2, 300)) as string;
  for (const wrong of ['', 'x', '!!', text.slice(0, -1), `${text}A`, 'AAAA']) {
    throws(() => decodePosition(wrong), PositionError, wrong);
  }
});

test('8 producers with a billion events each and a floor stay below 200 bytes', () => {
  const text = encodePosition(positionOf(8, 1_000_000_000, 1_800_000_000_000)) as string;
  ok(text.length < 200, `${text.length} bytes`);
});
