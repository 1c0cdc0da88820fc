// When a stream is forgotten, and what is remembered of it.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { ShardStreams } from '../../../../../src/adapters/net/store/shard-streams.ts';
import { keyOf } from '../../../../../src/adapters/net/store/stream.ts';

const NOBODY = (_producer: string): boolean => false;

function streamsWith(...producers: readonly string[]): ShardStreams {
  const streams = new ShardStreams(0);
  for (const producer of producers) {
    const stampNs = 100_000_000n;
    const run = {
      index: streams.indexed,
      firstSequence: 0,
      count: 2,
      lost: 0,
      firstStampNs: stampNs,
      lastStampNs: stampNs,
    };
    streams.make(producer).note(run);
    streams.indexed += 2;
  }
  return streams;
}

const forget = (streams: ShardStreams, beforeMs: number, isLive = NOBODY): readonly string[] =>
  streams.forget(beforeMs, isLive).map(({ producer }) => producer);

test('a stream is forgotten when its events are gone and it was silent for long enough; the floor is that time', () => {
  const streams = streamsWith('a');
  deepStrictEqual(forget(streams, 1000), []);
  streams.trim(2);
  deepStrictEqual(forget(streams, 100), []);
  strictEqual(streams.floorMs, 0);
  deepStrictEqual(forget(streams, 1000), ['a']);
  strictEqual(streams.floorMs, 1000);
  strictEqual(streams.forgottenEnd(keyOf('a')), 2);
});

test('a stream in use is not forgotten', () => {
  const streams = streamsWith('a', 'b');
  streams.trim(4);
  deepStrictEqual(
    forget(streams, 1000, (producer) => producer === 'a'),
    ['b'],
  );
});

test('a stream is forgotten only behind all that it covers', () => {
  const streams = streamsWith('child', 'parent');
  streams.covers.add('child', [{ producer: 'parent', end: 2, hasCover: false }]);
  streams.trim(2);
  deepStrictEqual(forget(streams, 1000), []);
  streams.trim(4);
  deepStrictEqual(forget(streams, 1000), ['parent', 'child']);
});

test('a stream is forgotten although a cover tells of more of it than ever came', () => {
  const streams = streamsWith('parent');
  streams.covers.add('child', [{ producer: 'parent', end: 9, hasCover: false }]);
  streams.trim(2);
  deepStrictEqual(forget(streams, 1000), ['parent']);
});

test('a cover that leads to older ones through a parent that wrote nothing stays (seed 2006128)', () => {
  const streams = streamsWith('grandparent');
  streams.covers.add('parent', [{ producer: 'grandparent', end: 2, hasCover: false }]);
  streams.covers.add('child', [{ producer: 'parent', end: 0, hasCover: true }]);
  forget(streams, 1000);
  strictEqual(streams.covers.endsOf('child').ends.get('grandparent'), 2);
  strictEqual(streams.isSpent(keyOf('child')), false);
  streams.trim(2);
  deepStrictEqual(forget(streams, 1000), ['grandparent']);
  forget(streams, 1000);
  ok(streams.isSpent(keyOf('child')));
});
