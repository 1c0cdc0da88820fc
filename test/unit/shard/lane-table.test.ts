// Which lane a slot of the hash space leads to.
import { expect, test } from 'vitest';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { Account } from '../../../src/shard/account.ts';
import { LaneTable } from '../../../src/shard/lane-table.ts';

function kernel(rings: number): Kernel {
  return new Kernel({ rings, ringBytes: 1024, ringCapacity: 4, maxEventBytes: 64, dueEvents: 4, dueBytes: 512 });
}

function offer(of: Kernel, text: string): number {
  of.stage.clearMeta();
  return of.calls.offer(of.stage.setBytes(Buffer.from(text)), 0, 0) & 0xff;
}

test('a wedged lane is out of the routes until it is not, and no other key moves', () => {
  const rings = kernel(3);
  const table = new LaneTable(rings, [4, 7, 9]);
  const texts = Array.from({ length: 60 }, (_, nth) => `event ${nth}`);
  const hashes = texts.map((text) => {
    rings.stage.clearMeta();
    const ring = rings.calls.routeStaged(rings.stage.setBytes(Buffer.from(text)), 0, 0);
    return { ring, ...rings.lastHash() };
  });
  expect(new Set(hashes.map(({ ring }) => ring))).toEqual(new Set([0, 1, 2]));
  const lane = table.lanes[1];
  if (lane === undefined) throw new Error('no lane');
  lane.phase = 'wedged';
  table.routeAround();
  const around = hashes.map(({ low, high }) => rings.calls.routeHashed(low, high));
  expect(around.map((ring) => ring > 0xff)).toEqual(hashes.map(({ ring }) => ring === 1));
  lane.phase = 'idle';
  table.routeAround();
  expect(hashes.map(({ low, high }) => rings.calls.routeHashed(low, high))).toEqual(hashes.map(({ ring }) => ring));
});

test('sums what was accepted and what is pending, and names the oldest pending stamp of each shard', () => {
  const rings = kernel(2);
  const table = new LaneTable(rings, [4, 7]);
  expect(table.pendingShards()).toEqual([]);
  rings.calls.observe(1_700_000_000_000);
  const used = new Set([offer(rings, 'a'), offer(rings, 'b'), offer(rings, 'c')]);
  expect([table.accepted, table.pending]).toEqual([3, 3]);
  const shards = [...used].sort().map((ring) => [4, 7][ring]);
  expect(table.pendingShards().map(({ shard }) => shard)).toEqual(shards);
  const oldest = table.pendingShards().map(({ oldestTimestampNs }) => oldestTimestampNs);
  expect(oldest.sort()[0]).toBe(1_700_000_000_000_000_000n);
});

test('a shard holds others back since its batch left the ring, or else since the oldest event was due', () => {
  const rings = kernel(1);
  const table = new LaneTable(rings, [4]);
  const lane = table.lanes[0];
  if (lane === undefined) throw new Error('no lane');
  offer(rings, 'a');
  expect(table.pendingShards()).toMatchObject([{ shard: 4, sinceMs: undefined }]);
  lane.dueAtMs = 20;
  expect(table.pendingShards()).toMatchObject([{ sinceMs: 20 }]);
  lane.inFlight = rings.drain(0, { shard: 4, producer: 'p' }, { maxEvents: 1, maxBytes: 512, expectedSequence: 0 });
  lane.sentAtMs = 30;
  lane.dueAtMs = 31;
  expect(table.pendingShards()).toMatchObject([{ sinceMs: 30 }]);
});

test('A2 a lane records an eviction once, whoever looks', () => {
  const rings = kernel(1);
  const lane = new LaneTable(rings, [4]).lanes[0];
  if (lane === undefined) throw new Error('no lane');
  const account = new Account();
  const ranges: unknown[] = [];
  account.listen((from, range) => {
    from.settleEvictions(account);
    ranges.push(range);
  });
  for (const text of ['a', 'b', 'c']) offer(rings, text);
  rings.calls.evict(0);
  rings.calls.evict(0);
  lane.settleEvictions(account);
  lane.settleEvictions(account);
  expect(ranges).toEqual([{ end: 'evicted', firstSequence: 0, count: 2 }]);
  expect([lane.pending, lane.endedThrough]).toEqual([1, 2]);
});
