// What a node that has forgotten a stream does with what others still have of it: nothing comes twice, nobody waits for it.
import { beforeEach, expect, test } from 'vitest';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { RecordedHost, SHARD } from './recorded-host.ts';

let host: RecordedHost;
let maker: BatchMaker;

beforeEach(() => {
  host = new RecordedHost();
  maker = new BatchMaker({ producer: 'origin' });
  host.link(1, 'relay');
});

function batch(count: number): ReturnType<BatchMaker['batch']> {
  return maker.batch(
    SHARD,
    Array.from({ length: count }, (_, nth) => `e${nth}`),
  );
}

const stored = (): readonly unknown[] =>
  host.appends.map(({ follows, batch: { firstSequence, count } }) => [follows, firstSequence, count]);

test('of a stream that a peer has no more of than was forgotten nothing is asked for, and nobody is behind', () => {
  host.forgottenEnd = 5;
  host.tell(1, 'origin', 0, 5);
  expect(host.take(1, 'take')).toEqual([]);
  expect(host.replication.isBehind(SHARD, 'origin')).toBe(false);
  expect(host.replication.isBehindAny).toBe(false);
});

test('of a stream that a peer has more of the rest is asked for, and what was forgotten is declared as gone', () => {
  host.forgottenEnd = 5;
  host.tell(1, 'origin', 0, 8);
  expect(host.take(1, 'take')).toEqual([{ kind: 'take', entries: [{ number: 0, next: 5 }] }]);
  expect(host.replication.isBehind(SHARD, 'origin')).toBe(true);
  batch(5);
  host.send(1, batch(3), 5);
  expect(host.gaps).toEqual([5]);
  expect(stored()).toEqual([[5, 5, 3]]);
});

test('events below the floor are not stored, from nobody, but those behind them are', () => {
  host.tell(1, 'origin', 0, 12);
  host.forgottenEvents = 5;
  host.send(1, batch(5), 0);
  expect([host.appends, host.gaps]).toEqual([[], []]);
  host.forgottenEvents = 2;
  host.send(1, batch(4), 5);
  expect(host.gaps).toEqual([7]);
  expect(stored()).toEqual([[7, 7, 2]]);
  host.store();
  host.send(1, batch(3), 9);
  expect(stored()).toEqual([[9, 9, 3]]);
});

test('the floor counts for streams that are not known alone: an old event behind a newer one is stored', () => {
  host.tell(1, 'origin', 0, 8);
  host.send(1, batch(3), 0);
  host.store();
  host.forgottenEvents = 5;
  host.send(1, batch(5), 3);
  expect(stored()).toEqual([[3, 3, 5]]);
});

test('a stream that is forgotten is told last as one of which nothing can be had, and by a new number when it is met again', () => {
  host.link(2, 'other');
  host.tell(1, 'origin', 0, 5);
  host.send(1, batch(5), 0);
  host.store();
  host.replication.turn();
  expect(host.take(2, 'ranges')).toMatchObject([{ entries: [{ number: 0, from: 0, to: 5 }] }]);
  host.hear(2, { kind: 'take', entries: [{ number: 0, next: 0 }] });
  host.forget('origin');
  expect(host.take(2, 'ranges')).toEqual([{ kind: 'ranges', entries: [{ number: 0, from: 5, to: 5 }] }]);
  host.replication.turn();
  expect(host.take(2, 'frame')).toEqual([]);
  host.hear(1, { kind: 'ranges', entries: [{ number: 0, from: 0, to: 7 }] });
  host.send(1, batch(2), 5);
  host.store();
  host.replication.turn();
  expect(host.take(2, 'ranges')).toMatchObject([
    { entries: [{ number: 1, from: 5, to: 7, introduces: { producer: 'origin' } }] },
  ]);
});

test('of a stream that is forgotten while a peer still sends it, what lies below the floor is not stored either', () => {
  host.tell(1, 'origin', 0, 5);
  host.send(1, batch(5), 0);
  host.store();
  host.forget('origin');
  host.forgottenEvents = 2;
  host.send(1, batch(3), 5);
  expect(host.gaps).toEqual([7]);
  expect(stored()).toEqual([[7, 7, 1]]);
});

test('a peer that had forgotten a stream and met it again is asked under its new number, and its old frames count', () => {
  host.tell(1, 'origin', 0, 5);
  host.send(1, batch(5), 0);
  host.store();
  host.take(1, 'take');
  const introduces = { shard: SHARD, producer: 'origin', newestMs: 1 };
  host.hear(1, { kind: 'ranges', entries: [{ number: 1, from: 5, to: 9, introduces }] });
  expect(host.take(1, 'take')).toEqual([{ kind: 'take', entries: [{ number: 1, next: 5 }] }]);
  host.send(1, batch(2), 5);
  expect(host.breaches).toEqual([]);
  expect(stored()).toEqual([[5, 5, 2]]);
});

test('a cover that is new goes to all other peers, once, and all covers to who links up', () => {
  host.link(2, 'other');
  const cover = { shard: SHARD, child: 'child', entries: [{ producer: 'origin', end: 5, hasCover: false }] };
  host.hear(1, { kind: 'cover', cover });
  expect([host.take(1, 'cover'), host.take(2, 'cover')]).toEqual([[], [{ kind: 'cover', cover }]]);
  host.hear(2, { kind: 'cover', cover });
  expect([host.take(1, 'cover'), host.take(2, 'cover')]).toEqual([[], []]);
  host.link(3, 'third');
  expect(host.take(3, 'cover')).toEqual([{ kind: 'cover', cover }]);
});
