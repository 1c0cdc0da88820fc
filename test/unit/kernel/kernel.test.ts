// The host of the kernel: drains by copy, gives its memory back, and never hands a view of it out.
import { expect, test } from 'vitest';
import { NONE, SLOTS } from '../../../kernel/layout.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';

const SIZES = { rings: 2, ringBytes: 4096, ringCapacity: 8, maxEventBytes: 1024, dueEvents: 8, dueBytes: 2048 };
const ORIGIN = { shard: 5, producer: 'p' };
const LIMITS = { maxEvents: 100, maxBytes: 1e6, expectedSequence: 0 };

/** A kernel whose every slot leads to ring 0. */
function openKernel(): Kernel {
  const kernel = new Kernel(SIZES);
  kernel.openRing();
  kernel.setRoutes(new Uint16Array(SLOTS));
  return kernel;
}

function offer(kernel: Kernel, text: string): number {
  kernel.stage.clearMeta();
  return kernel.calls.offer(kernel.stage.setText(text), 0, 0);
}

test('what a drain gives is ordinary memory of its own', () => {
  const kernel = openKernel();
  offer(kernel, 'first');
  const batch = kernel.drain(0, ORIGIN, LIMITS);
  const [record] = [...(batch ?? [])];
  offer(kernel, 'other');
  expect(batch?.frame.buffer).toBeInstanceOf(ArrayBuffer);
  expect(batch?.frame.buffer.byteLength).toBe(batch?.frame.byteLength);
  expect(Buffer.from(record?.bytes ?? []).toString()).toBe('first');
  kernel.close();
});

test('an empty ring drains to nothing', () => {
  const kernel = openKernel();
  expect(kernel.drain(0, ORIGIN, LIMITS)).toBeUndefined();
  kernel.close();
});

test('D1 a drain takes whole events up to both limits, and one that is longer by itself', () => {
  const kernel = openKernel();
  for (const text of ['x'.repeat(500), 'y', 'z']) offer(kernel, text);
  const count = (limits: Partial<typeof LIMITS>) => kernel.drain(0, ORIGIN, { ...LIMITS, ...limits })?.count;
  expect([count({ maxBytes: 40 }), count({ maxEvents: 1 }), count({}), count({})]).toEqual([1, 1, 1, undefined]);
  kernel.close();
});

test('what was lost between two drains is told with the next one', () => {
  const kernel = openKernel();
  for (let nth = 0; nth < 5; nth += 1) offer(kernel, 'x');
  kernel.calls.evict(0);
  kernel.calls.evict(0);
  const batch = kernel.drain(0, ORIGIN, { ...LIMITS, expectedSequence: 1 });
  expect([batch?.firstSequence, batch?.lostBefore, batch?.count]).toEqual([2, 1, 3]);
  kernel.close();
});

test('a closed kernel goes on telling its counters while its memory serves another', () => {
  const first = openKernel();
  for (let nth = 0; nth < 3; nth += 1) offer(first, 'x');
  first.discard(0);
  const stamp = first.lastTimestampNs();
  first.close();
  first.close();
  const second = openKernel();
  for (let nth = 0; nth < 7; nth += 1) offer(second, 'y');
  expect([first.accepted(0), first.nextSequence(0), first.occupancy(0), first.bytesUsed(0)]).toEqual([3, 3, 0, 0]);
  expect(first.lastTimestampNs()).toBe(stamp);
  first.setRoutes(new Uint16Array(SLOTS).fill(NONE));
  first.calls.adopt(2n ** 62n);
  expect(first.drain(0, ORIGIN, LIMITS)).toBeUndefined();
  expect(second.drain(0, ORIGIN, LIMITS)?.count).toBe(7);
  expect(second.lastTimestampNs()).toBeLessThan(2n ** 62n);
  second.close();
});

test('a kernel on used memory starts with empty rings, no routes and a clock of its own', () => {
  const first = openKernel();
  first.calls.observe(4_000_000_000_000);
  for (let nth = 0; nth < 8; nth += 1) offer(first, 'x');
  first.close();
  const second = new Kernel(SIZES);
  expect(second.lastTimestampNs()).toBe(0n);
  expect([second.accepted(0), second.occupancy(0), second.bytesUsed(0)]).toEqual([0, 0, 0]);
  expect(second.calls.routeHashed(1, 0)).toBe(0x2000);
  second.close();
});

test('two kernels at once never share memory', () => {
  const closed = openKernel();
  closed.close();
  closed.close();
  const [left, right] = [openKernel(), openKernel()];
  offer(left, 'left');
  expect(right.occupancy(0)).toBe(0);
  left.close();
  right.close();
});

test('rings that are opened later have memory of their own, and one that was closed is used again, empty', () => {
  const kernel = new Kernel({ ...SIZES, maxRings: 64 });
  kernel.setRoutes(new Uint16Array(SLOTS));
  expect([kernel.openRing(), kernel.openRing()]).toEqual([0, 1]);
  expect(() => kernel.openRing()).toThrow(/reserve/);
  for (let nth = 0; nth < 8; nth += 1) offer(kernel, `first ${nth}`);
  expect(kernel.reserve(62)).toBe(true);
  const later = Array.from({ length: 62 }, () => kernel.openRing());
  expect(later).toEqual(Array.from({ length: 62 }, (_, nth) => nth + 2));
  for (const ring of later) {
    kernel.setRoutes(new Uint16Array(SLOTS).fill(ring));
    expect(offer(kernel, `in ${ring}`) & 0xff).toBe(ring);
  }
  for (const ring of later) {
    const [record] = [...(kernel.drain(ring, ORIGIN, LIMITS) ?? [])];
    expect([record?.sequence, Buffer.from(record?.bytes ?? []).toString()]).toEqual([0, `in ${ring}`]);
  }
  const kept = [...(kernel.drain(0, ORIGIN, LIMITS) ?? [])].map(({ bytes }) => Buffer.from(bytes).toString());
  expect(kept).toEqual(Array.from({ length: 8 }, (_, nth) => `first ${nth}`));
  kernel.closeRing(7);
  kernel.closeRing(3);
  expect([kernel.openRing(), kernel.accepted(3), kernel.nextSequence(3)]).toEqual([3, 0, 0]);
  kernel.close();
});

test('a ring that still holds events is not closed', () => {
  const kernel = openKernel();
  offer(kernel, 'x');
  expect(() => kernel.closeRing(0)).toThrow(/still holds/);
  kernel.close();
});

test('no more rings than there may be are reserved, and a refusal changes nothing', () => {
  const kernel = new Kernel({ ...SIZES, ringBytes: 1 << 20, maxRings: 3 });
  expect(kernel.reserve(2000)).toBe(false);
  expect(kernel.reserve(3)).toBe(true);
  kernel.close();
  expect(kernel.reserve(4)).toBe(false);
});
