// Many peers that catch up at once: a few reads at a time, and not all of them begin in the same moment.
import { beforeEach, expect, test } from 'vitest';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { RecordedHost, SHARD } from './recorded-host.ts';

const ORIGIN = 1;
let host: RecordedHost;

beforeEach(() => {
  host = new RecordedHost();
  host.link(ORIGIN, 'origin');
  host.tell(ORIGIN, 'origin', 0, 5);
  host.send(ORIGIN, new BatchMaker({ producer: 'origin' }).batch(SHARD, ['a', 'b', 'c', 'd', 'e']), 0);
  host.store();
});

/** So many peers ask for all that is there. */
function ask(count: number): void {
  for (let link = 2; link < 2 + count; link += 1) {
    host.link(link, `peer-${link}`);
    host.hear(link, { kind: 'take', entries: [{ number: 0, next: 0 }] });
  }
  host.replication.turn();
  host.isTurnDue = false;
}

function readers(): number[] {
  return host.reads.map(({ link }) => link);
}

test('eight reads are under way at most, and the ninth peer has its turn though nothing else happens', () => {
  ask(10);
  expect(readers()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  host.tick(1);
  expect(host.reads).toHaveLength(8);
  const [first] = host.reads.splice(0, 1);
  if (first === undefined) throw new Error('nothing was read');
  host.replication.readDone(first, undefined);
  host.tick(2);
  expect(readers()).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  host.replication.linkDown(5);
  host.tick(3);
  expect(readers().at(-1)).toBe(11);
});

test('of peers that ask at the same time the first is served at once, the others each after another while', () => {
  host.random = 0.2;
  ask(2);
  expect(readers()).toEqual([2]);
  host.random = 0.9;
  host.link(7, 'peer-7');
  host.hear(7, { kind: 'take', entries: [{ number: 0, next: 0 }] });
  host.replication.turn();
  host.tick(49);
  expect(readers()).toEqual([2]);
  host.tick(50);
  expect(readers()).toEqual([2, 3]);
  host.tick(224);
  expect(readers()).toEqual([2, 3]);
  host.tick(225);
  expect(readers()).toEqual([2, 3, 7]);
});

test('a peer that comes when nobody catches up any more is served at once', () => {
  host.random = 0.9;
  ask(1);
  const [first] = host.reads.splice(0, 1);
  if (first === undefined) throw new Error('nothing was read');
  host.replication.readDone(first, undefined);
  host.link(7, 'peer-7');
  host.hear(7, { kind: 'take', entries: [{ number: 0, next: 0 }] });
  host.replication.turn();
  expect(readers()).toEqual([7]);
});
