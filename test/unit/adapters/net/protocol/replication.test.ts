// What a node does with what its peers tell and send, message by message.
import { beforeEach, expect, test } from 'vitest';
import { GAP_PATIENCE_MS, SILENT_MS } from '../../../../../src/adapters/net/protocol/choose-supplier.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { RecordedHost, SHARD } from './recorded-host.ts';

let host: RecordedHost;
let maker: BatchMaker;

beforeEach(() => {
  host = new RecordedHost();
  maker = new BatchMaker({ producer: 'origin' });
  host.link(1, 'origin');
});

function batch(count: number): ReturnType<BatchMaker['batch']> {
  return maker.batch(
    SHARD,
    Array.from({ length: count }, (_, nth) => `e${nth}`),
  );
}

test('a stream is asked for where it is expected to go on, and what follows is stored', () => {
  host.tell(1, 'origin', 0, 5);
  expect(host.take(1, 'take')).toEqual([{ kind: 'take', entries: [{ number: 0, next: 0 }] }]);
  host.send(1, batch(5), 0);
  expect(host.appends.map(({ follows, batch: { count } }) => [follows, count])).toEqual([[0, 5]]);
});

test('A1 a frame that comes twice is stored once, and both are worked off', () => {
  host.tell(1, 'origin', 0, 5);
  const first = batch(5);
  host.send(1, first, 0);
  host.store();
  const released = host.released;
  host.send(1, first, 0);
  expect(host.appends).toEqual([]);
  expect(host.released).toBeGreaterThan(released);
});

test('of a frame that overlaps only what is new is stored', () => {
  host.tell(1, 'origin', 0, 9);
  const [five, whole] = [batch(5), new BatchMaker({ producer: 'origin' })];
  host.send(1, five, 0);
  host.store();
  host.send(
    1,
    whole.batch(
      SHARD,
      Array.from({ length: 9 }, (_, nth) => `e${nth}`),
    ),
    0,
  );
  expect(host.appends.map(({ follows, batch: each }) => [follows, each.firstSequence, each.count])).toEqual([
    [5, 5, 4],
  ]);
});

test('a frame that does not follow is not stored, and what is missing is asked for once', () => {
  host.tell(1, 'origin', 0, 20);
  host.send(1, batch(5), 0);
  host.store();
  host.take(1, 'take');
  batch(5); // It never arrives.
  host.send(1, batch(5), 10);
  host.send(1, batch(5), 15);
  expect(host.appends).toEqual([]);
  expect(host.take(1, 'take')).toEqual([{ kind: 'take', entries: [{ number: 0, next: 5 }] }]);
});

test('a frame is not stored that says to follow and begins later: its sender lacks what is between', () => {
  host.tell(1, 'origin', 0, 20);
  host.send(1, batch(5), 0);
  host.store();
  batch(5);
  host.send(1, batch(5), 5);
  expect(host.appends).toEqual([]);
});

test('declared losses before a frame are stored with it', () => {
  host.tell(1, 'origin', 0, 5);
  maker.lose(SHARD, 3);
  host.send(1, batch(2), 0, 3);
  expect(host.appends.map(({ follows, batch: each }) => [follows, each.firstSequence])).toEqual([[0, 3]]);
});

test('the origin is asked rather than another, and another once the origin is silent', () => {
  host.link(2, 'relay');
  host.tell(2, 'origin', 0, 5);
  expect(host.take(2, 'take')).toHaveLength(1);
  host.tell(1, 'origin', 0, 9);
  expect([host.take(1, 'take'), host.take(2, 'leave')].map(({ length }) => length)).toEqual([1, 1]);
  host.hear(2, { kind: 'ranges', entries: [{ number: 0, from: 0, to: 9 }] });
  for (let ms = 0; ms <= SILENT_MS + 500; ms += 100) host.replication.tick(ms);
  expect(host.take(2, 'take')).toEqual([{ kind: 'take', entries: [{ number: 0, next: 0 }] }]);
  host.send(1, batch(5), 0);
  host.store();
  host.send(2, new BatchMaker({ producer: 'origin' }).batch(SHARD, ['e0', 'e1']), 0);
  expect(host.appends).toEqual([]);
});

test('what all peers have trimmed is declared as gone after a while, not at once', () => {
  host.link(2, 'relay');
  host.tell(2, 'gone', 10, 20);
  host.replication.tick(100);
  expect(host.gaps).toEqual([]);
  for (let ms = 200; ms <= GAP_PATIENCE_MS + 500; ms += 100) host.replication.tick(ms);
  expect(host.gaps).toEqual([10]);
});

test('a range beyond what its origin has tells of no gap while the origin is linked', () => {
  host.link(2, 'liar');
  host.tell(1, 'origin', 0, 5);
  host.send(1, batch(5), 0);
  host.store();
  host.tell(2, 'origin', 2 ** 50, 2 ** 51);
  for (let ms = 100; ms <= 10 * GAP_PATIENCE_MS; ms += 100) host.replication.tick(ms);
  expect(host.gaps).toEqual([]);
  host.hear(1, { kind: 'ranges', entries: [{ number: 0, from: 0, to: 8 }] });
  host.send(1, batch(3), 5);
  expect(host.appends.map(({ follows }) => follows)).toEqual([5]);
});

test('what makes no sense is a breach with its reason, and nothing of it is stored', () => {
  host.send(1, batch(1), 0);
  host.hear(1, { kind: 'take', entries: [{ number: 7, next: 0 }] });
  host.tell(1, 'origin', 0, 1);
  host.tell(1, 'origin', 0, 1);
  host.send(1, new BatchMaker({ producer: 'other' }).batch(SHARD, ['x']), 0);
  host.replication.message(1, Uint8Array.of(16, 255, 255, 255));
  expect(host.breaches).toEqual([
    expect.stringContaining('stream 0, which was never told of'),
    expect.stringContaining('stream 7, which was never told of'),
    expect.stringContaining('told of twice'),
    expect.stringContaining('another stream'),
    expect.any(String),
  ]);
  expect(host.appends).toEqual([]);
});

test('a peer is sent what it asked for, and no more once it leaves', () => {
  host.link(2, 'relay');
  host.tell(1, 'origin', 0, 5);
  host.send(1, batch(5), 0);
  host.store();
  host.replication.turn();
  const [told] = host.take(2, 'ranges');
  expect(told?.entries).toMatchObject([
    { number: 0, from: 0, to: 5, introduces: { shard: SHARD, producer: 'origin' } },
  ]);
  host.hear(2, { kind: 'take', entries: [{ number: 0, next: 0 }] });
  host.replication.turn();
  expect(host.take(2, 'frame').map(({ after }) => after)).toEqual([0]);
  host.hear(2, { kind: 'leave', numbers: [0] });
  host.send(1, batch(2), 5);
  host.store();
  host.replication.turn();
  expect(host.take(2, 'frame')).toEqual([]);
});
