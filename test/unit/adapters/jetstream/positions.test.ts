// Positions, and the numbers that the server writes into subjects and acknowledgements: one text for one place.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deliveredBy } from '../../../../src/adapters/jetstream/ack-reply.ts';
import { type Place, placeOf, placeText, tagOf } from '../../../../src/adapters/jetstream/place.ts';
import { PositionError } from '../../../../src/errors/position-error.ts';
import { seedOf } from '../../../support/seed.ts';

const TAG = tagOf('2026-01-02T03:04:05.000000006Z');
const seed = seedOf('jetstream positions');

test('C2 a position comes back as the place that it names', () => {
  const event = fc.record({
    nth: fc.oneof(fc.integer({ min: 1, max: 9_999_999 }), fc.constant(Infinity)),
    sequence: fc.maxSafeNat(),
    producerTag: fc.string().map(tagOf),
  });
  const streamSeq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const places = fc.record({ streamSeq, event: fc.option(event, { nil: undefined }), streamTag: fc.constant(TAG) });
  fc.assert(
    fc.property(places, (place: Place) => {
      expect(placeOf(placeText(place), TAG)).toEqual(place);
    }),
    { seed },
  );
});

test.each([
  '',
  '5',
  `0-${TAG}`,
  `05-${TAG}`,
  `5-0-${TAG}`,
  `5-1-2-${TAG}`,
  `5-01-2-a-${TAG}`,
  `5-1-2-A-${TAG}`,
  `9007199254740993-${TAG}`,
  `5-${TAG}-`,
  ` 5-${TAG}`,
])('C2 %j is no position', (text) => {
  expect(() => placeOf(text, TAG)).toThrow(PositionError);
});

test('C2 a position of another stream, or of one made again, is told', () => {
  expect(() => placeOf(`5-${tagOf('another')}`, TAG)).toThrow(/another stream/);
});

test.each([
  ['$JS.ACK.orders.c1.1.40.7.1700000000000000000.3', { streamSeq: 40, consumerSeq: 7, pending: 3 }],
  ['$JS.ACK._.HASH.orders.c1.2.41.8.1700000000000000000.0', { streamSeq: 41, consumerSeq: 8, pending: 0 }],
  [
    '$JS.ACK.hub.HASH.orders.c1.1.9007199254740991.1.1700000000000000000.12.x4f',
    { streamSeq: 2 ** 53 - 1, consumerSeq: 1, pending: 12 },
  ],
])('what the server says of a delivery is read from %s', (reply, expected) => {
  expect(deliveredBy(Buffer.from(reply))).toEqual(expected);
});

test.each(['', '_INBOX.abc.1', '$JS.API.STREAM.INFO.orders'])('%j is no delivery', (reply) => {
  expect(deliveredBy(Buffer.from(reply))).toBeUndefined();
});
