// What a node does with a stream whose events its store refuses, and with one whose supplier goes away.
import { beforeEach, expect, test } from 'vitest';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { RecordedHost, SHARD } from './recorded-host.ts';

/** After the first failure a stream is asked for again so much later. */
const RETRY_MS = 500;

let host: RecordedHost;
let maker: BatchMaker;

beforeEach(() => {
  host = new RecordedHost();
  maker = new BatchMaker({ producer: 'origin' });
  host.link(1, 'origin');
  host.tell(1, 'origin', 0, 20);
  host.take(1, 'take');
});

function batch(count: number): ReturnType<BatchMaker['batch']> {
  return maker.batch(
    SHARD,
    Array.from({ length: count }, (_, nth) => `e${nth}`),
  );
}

const asked = (link = 1): readonly number[] => host.take(link, 'take').map(({ entries }) => entries[0]?.next ?? -1);

test('what the store refuses is asked for again after a while, from what is stored on', () => {
  host.send(1, batch(5), 0);
  host.store();
  host.send(1, batch(5), 5);
  host.refuse();
  expect(host.take(1, 'leave')).toHaveLength(1);
  host.tick(RETRY_MS - 100);
  expect(asked()).toEqual([]);
  host.tick(RETRY_MS);
  expect(asked()).toEqual([5]);
});

test('what comes behind a refused frame is not stored, but worked off', () => {
  const [first, second] = [batch(5), batch(5)];
  host.send(1, first, 0);
  host.refuse();
  const { released } = host;
  host.send(1, second, 5);
  host.send(1, first, 0);
  expect(host.appends).toEqual([]);
  expect(host.released).toBeGreaterThan(released);
  host.tick(RETRY_MS);
  host.send(1, first, 0);
  host.send(1, second, 5);
  expect(host.appends.map(({ follows }) => follows)).toEqual([0, 5]);
});

test('a store that goes on to refuse is tried ever less often, and at once again after a success', () => {
  const pauses: number[] = [];
  const first = batch(5);
  let nowMs = 0;
  for (let failures = 0; failures < 7; failures += 1) {
    host.send(1, first, 0);
    host.refuse();
    const failedAtMs = nowMs;
    asked();
    while (asked().length === 0) {
      nowMs += 100;
      host.tick(nowMs);
    }
    pauses.push(nowMs - failedAtMs);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  host.send(1, first, 0);
  host.store();
  host.send(1, batch(5), 5);
  host.refuse();
  host.tick(nowMs + RETRY_MS);
  expect(asked()).toEqual([5]);
});

test('when a supplier goes away another one is asked at once, from what is on its way into the store on', () => {
  host.link(2, 'relay');
  host.tell(2, 'origin', 0, 12);
  host.send(1, batch(5), 0);
  expect(asked(2)).toEqual([]);
  host.replication.linkDown(1);
  host.store();
  host.tick(100);
  expect(asked(2)).toEqual([5]);
  expect(host.replication.isBehind(SHARD, 'origin')).toBe(true);
});

test('when all that have a stream are gone nobody is behind, and one that comes back is asked for the rest', () => {
  host.send(1, batch(5), 0);
  host.store();
  host.replication.linkDown(1);
  expect(host.replication.isBehindAny).toBe(false);
  host.link(2, 'relay');
  host.tell(2, 'origin', 3, 9);
  expect(asked(2)).toEqual([5]);
});
