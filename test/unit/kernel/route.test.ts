// From a hash to a ring: 4,096 slots, spread even for hashes that are small numbers.
import { expect, test } from 'vitest';
import { NONE, SLOTS, UNROUTED } from '../../../kernel/layout.ts';
import { BareKernel } from '../../support/bare-kernel.ts';

const GOLDEN = 0x9e3779b97f4a7c15n;

function slotOf(hash: bigint): number {
  return Number(BigInt.asUintN(64, hash * GOLDEN) >> 52n);
}

function routeOf(kernel: BareKernel, hash: bigint): number {
  return kernel.calls.routeHashed(Number(hash & 0xffff_ffffn), Number(hash >> 32n));
}

test('each of the 4,096 slots leads where the host said', () => {
  const kernel = new BareKernel({ rings: 256, ringBytes: 64, ringCapacity: 1, maxEventBytes: 8 });
  const seen = new Set<number>();
  for (let hash = 0n; seen.size < SLOTS; hash += 1n) {
    const slot = slotOf(hash);
    seen.add(slot);
    expect(routeOf(kernel, hash)).toBe(slot % 256);
  }
});

test('a hash of all 64 bits is routed by all of them', () => {
  const kernel = new BareKernel({ rings: 256, ringBytes: 64, ringCapacity: 1, maxEventBytes: 8 });
  for (const hash of [0xffff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffffn, 0x1_0000_0000n]) {
    expect(routeOf(kernel, hash)).toBe(slotOf(hash) % 256);
  }
});

test('an event whose slot leads nowhere is unrouted, and changes nothing', () => {
  const kernel = new BareKernel({ rings: 2, ringBytes: 1024, ringCapacity: 8, maxEventBytes: 8 });
  for (let slot = 0; slot < SLOTS; slot += 1) kernel.setSlot(slot, NONE);
  const before = kernel.bytes.slice(0, 81_920);
  const payload = kernel.stage('x');
  expect(kernel.calls.offer(payload, 0, 0)).toBe(UNROUTED);
  expect(kernel.calls.offerHashed(payload, 0, 0, 1, 2)).toBe(UNROUTED);
  expect(kernel.calls.offerAgain(payload, 0, 0)).toBe(UNROUTED);
  expect(kernel.calls.routeStaged(payload, 0, 0)).toBe(UNROUTED);
  expect(kernel.calls.routeHashed(1, 2)).toBe(UNROUTED);
  const after = kernel.bytes.slice(0, 81_920);
  const hash = 24; // the hash of the last offer is all that may differ
  before.fill(0, hash, hash + 8);
  after.fill(0, hash, hash + 8);
  expect(Buffer.compare(after, before)).toBe(0);
});

test('hashes that are small numbers reach all shards evenly', () => {
  for (const rings of [2, 3, 16, 256]) {
    const kernel = new BareKernel({ rings, ringBytes: 64, ringCapacity: 1, maxEventBytes: 8 });
    const counts = new Array<number>(rings).fill(0);
    const each = 64;
    for (let hash = 0; hash < rings * each; hash += 1) {
      const ring = kernel.calls.routeHashed(hash, 0);
      counts[ring] = (counts[ring] as number) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(each / 4);
    expect(Math.max(...counts)).toBeLessThan(each * 3);
  }
});
