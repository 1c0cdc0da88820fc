// Ids, positions and hash slots: one text for one place, and nothing else is read.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  eventsBefore,
  parseId,
  parseIdBytes,
  parsePosition,
  positionText,
} from '../../../../src/adapters/redis/entry-id.ts';
import { slotOf, slotRanges } from '../../../../src/adapters/redis/slots.ts';
import { PositionError } from '../../../../src/errors/position-error.ts';
import { seedOf } from '../../../support/seed.ts';

test('C2 a position comes back as the place that it names', () => {
  const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(
      count,
      count,
      fc.option(fc.integer({ min: 1, max: 9_999_999 }), { nil: undefined }),
      (ms, index, left) => {
        const place = { ms, index, left: left === undefined ? undefined : Math.min(left, index) };
        const text = positionText(place);
        expect(parsePosition(text)).toEqual(place);
        expect(eventsBefore(place)).toBe(index - (place.left ?? 0));
      },
    ),
    { seed: seedOf('positions') },
  );
});

test.each([
  '',
  '1',
  '1-',
  '-1',
  '0-1',
  '1-0',
  '01-1',
  '1-1.',
  '1-1.0',
  '1-1.2',
  '1-1.1.1',
  '1-1 ',
  '9007199254740993-1',
  '1-1+1',
])('C2 %j is no position', (text) => {
  expect(() => parsePosition(text)).toThrow(PositionError);
});

test.each(['1700000000000-17', '0-0', '5-x', '-', '', '5', '99999999999999999999-1', '5-1-1'])(
  'an id is read from bytes as from text: %j',
  (text) => {
    expect(parseIdBytes(Buffer.from(text))).toEqual(parseId(text));
  },
);

test('keys have the slots of the specification of Redis Cluster', () => {
  expect([slotOf('123456789'), slotOf('foo'), slotOf('user1000')]).toEqual([12_739, 12_182, 3443]);
});

test('the map of the slots names masters, and a node that does not know its host has the one that was asked', () => {
  const reply = [
    [0, 5460, ['10.0.0.1', 7000, 'id'], ['10.0.0.2', 7003, 'id']],
    [5461, 10_922, ['', 7001, 'id']],
    [10_923, 16_383, [null, 7002, 'id']],
  ];
  expect(slotRanges(reply, 'asked')).toEqual([
    { from: 0, to: 5460, host: '10.0.0.1', port: 7000 },
    { from: 5461, to: 10_922, host: 'asked', port: 7001 },
    { from: 10_923, to: 16_383, host: 'asked', port: 7002 },
  ]);
  expect(slotRanges(null, 'asked')).toEqual([]);
});
