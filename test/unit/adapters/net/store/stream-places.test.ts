// Where events are searched for: never behind them, never far before them.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { StreamPlaces } from '../../../../../src/adapters/net/store/stream-places.ts';

const NS_PER_MS = 1_000_000n;

/** Places of a stream with an event at every second index, one a millisecond. */
function placesOf(count: number): StreamPlaces {
  const places = new StreamPlaces();
  for (let sequence = 0; sequence < count; sequence += 1) {
    places.add(2 * sequence, sequence, BigInt(sequence) * NS_PER_MS);
  }
  return places;
}

test('without an event there is no place', () => {
  const places = new StreamPlaces();
  const found = [places.before(0), places.beforeTime(0), places.trim(5)];
  deepStrictEqual(found, [undefined, undefined, undefined]);
});

test('of events that lie near one another one place is kept', () => {
  const places = new StreamPlaces();
  places.add(10, 0, 0n);
  const { bytes } = places;
  places.add(10 + 1023, 1, 0n);
  strictEqual(places.bytes, bytes);
  deepStrictEqual(places.before(1), { index: 10, sequence: 0 });
  places.add(10 + 1024, 2, 0n);
  strictEqual(places.bytes, 2 * bytes);
  deepStrictEqual([places.before(1)?.index, places.before(2)?.index], [10, 1034]);
});

test('an event lies at the place before its sequence or within the spacing behind it, before and after thinning', () => {
  const places = placesOf(5000);
  for (const spacing of [1024, 2048, 4096]) {
    for (const sequence of [0, 1, 511, 512, 513, 1024, 2047, 2048, 4999]) {
      const place = places.before(sequence);
      ok(place !== undefined && place.sequence <= sequence && place.index === 2 * place.sequence);
      ok(2 * sequence - place.index < 2 * spacing, `${sequence}: ${place.index} at a spacing of ${spacing}`);
    }
    places.thin();
  }
});

test('a search by time begins before the first event of that millisecond', () => {
  const places = new StreamPlaces();
  for (const [nth, stampMs] of [5, 7, 7, 9].entries()) {
    places.add(nth * 1024, nth, BigInt(stampMs) * NS_PER_MS + 999_999n);
  }
  const found = [0, 5, 6, 7, 8, 9, 10].map((stampMs) => places.beforeTime(stampMs)?.sequence);
  deepStrictEqual(found, [0, 0, 0, 0, 2, 2, 3]);
});

test('before the first place a search begins at it', () => {
  const places = new StreamPlaces();
  places.add(50, 20, 0n);
  deepStrictEqual(places.before(3), { index: 50, sequence: 20 });
});

test('trimming keeps the last place that is gone, for what follows it, and drops those before', () => {
  const places = placesOf(5000); // Places at 0, 1024, 2048 and so on.
  const { bytes } = places;
  deepStrictEqual(places.trim(0), { index: 0, sequence: 0 });
  deepStrictEqual(places.trim(1023), { index: 0, sequence: 0 });
  strictEqual(places.bytes, bytes);
  deepStrictEqual(places.trim(1024), { index: 1024, sequence: 512 });
  deepStrictEqual(places.trim(4095), { index: 3072, sequence: 1536 });
  deepStrictEqual(places.before(0), { index: 3072, sequence: 1536 });
  deepStrictEqual(places.trim(100_000), { index: 9216, sequence: 4608 });
  strictEqual(places.bytes, bytes / 10);
  places.add(20_000, 5000, 0n);
  deepStrictEqual(places.before(5000), { index: 20_000, sequence: 5000 });
});

test('thinning halves the memory, and later places lie as far apart', () => {
  const places = placesOf(512 * 16);
  const { bytes } = places;
  places.thin();
  strictEqual(places.bytes, bytes / 2);
  places.add(16 * 1024, 8192, 0n);
  places.add(17 * 1024, 8704, 0n);
  strictEqual(places.bytes, bytes / 2 + bytes / 16);
});
