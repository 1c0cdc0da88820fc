// Lengths that cannot be: given to an offer, or found in a ring. The end is an error or a delivery, never an endless
// loop, never a byte outside the area that is meant.
import { describe, expect, test } from 'vitest';
import {
  CORRUPT,
  EVICT,
  FULL,
  HAS_KEY,
  HEAD,
  HEAD_SEQUENCE,
  MAX_META_BYTES,
  NEXT_SEQUENCE,
  RECORD_META_LENGTH,
  TAIL,
  TOO_LARGE,
  UNROUTED,
} from '../../../kernel/layout.ts';
import type { KernelCalls } from '../../../src/kernel/instance.ts';
import { BareKernel } from '../../support/bare-kernel.ts';

const SIZES = { rings: 2, ringBytes: 1024, ringCapacity: 16, maxEventBytes: 512 };
const HOSTILE = [0xffff_ffd9, 0xffff_ffff, 0xffff_ffe0, 0x8000_0000, 0x7fff_ffff, 4096, 1025, 513];

type Offer = (calls: KernelCalls, payload: number, meta: number, flags: number) => number;
const OFFERS: readonly (readonly [string, Offer])[] = [
  ['offer', (calls, payload, meta, flags) => calls.offer(payload, meta, flags)],
  ['offerHashed', (calls, payload, meta, flags) => calls.offerHashed(payload, meta, flags, 1, 2)],
  ['offerAgain', (calls, payload, meta, flags) => calls.offerAgain(payload, meta, flags)],
  ['routeStaged', (calls, payload, meta, flags) => calls.routeStaged(payload, meta, flags)],
];

describe.each(OFFERS)('%s', (_, offer) => {
  test.each(HOSTILE)('refuses a payload of %i bytes and changes nothing', (payload) => {
    const kernel = filled();
    const before = kernel.bytes.slice();
    for (const flags of [0, EVICT, HAS_KEY]) expect(offer(kernel.calls, payload, 0, flags)).toBe(TOO_LARGE);
    expect(Buffer.compare(kernel.bytes, before)).toBe(0);
  });

  test.each([MAX_META_BYTES + 1, 0x1_0000, 0xffff_ffff, 0xffff_ffd9])('refuses %i bytes of key and headers', (meta) => {
    const kernel = filled();
    const before = kernel.bytes.slice();
    for (const flags of [0, EVICT, HAS_KEY]) expect(offer(kernel.calls, 1, meta, flags)).toBe(TOO_LARGE);
    expect(Buffer.compare(kernel.bytes, before)).toBe(0);
  });
});

test.each(OFFERS.filter(([name]) => name === 'offer' || name === 'routeStaged'))(
  '%s refuses a key that is longer than what holds it',
  (_, offer) => {
    const kernel = filled();
    for (const [length, meta] of [
      [9, 10],
      [0xffff, 10],
      [0, 1],
      [0, 0],
      [1, 2],
    ] as const) {
      kernel.stageMeta(Uint8Array.of(length & 0xff, length >> 8, ...new Uint8Array(8)).subarray(0, meta));
      if (meta === 0) kernel.stage(Uint8Array.of(9, 9)); // what stands where the key would
      expect(offer(kernel.calls, 4, meta, HAS_KEY)).toBe(TOO_LARGE);
    }
  },
);

test.each(OFFERS.slice(0, 3))(
  '%s of what is longer than the whole ring is too large, and evicts nothing',
  (_, offer) => {
    const kernel = filled();
    const before = kernel.bytes.slice();
    for (const flags of [0, EVICT]) expect(offer(kernel.calls, 8, 1000, flags)).toBe(TOO_LARGE);
    kernel.bytes.fill(0, 24, 32); // the hash of the last offer
    before.fill(0, 24, 32);
    expect(Buffer.compare(kernel.bytes, before)).toBe(0);
  },
);

describe('a length in the ring that was damaged', () => {
  const DAMAGE = [...HOSTILE, 1024, 992, 200, 96, 64, 40, 33, 8, 7, 1, 0];

  test.each(DAMAGE)('to %i ends a drain in an error or a delivery', (length) => {
    for (const which of [0, 1, 5]) {
      const kernel = damaged(which, length);
      drainAll(kernel, 0);
      for (const [field, other] of [
        [HEAD, TAIL],
        [HEAD_SEQUENCE, NEXT_SEQUENCE],
      ] as const) {
        expect(kernel.header(0, field)).toBeLessThanOrEqual(kernel.header(0, other));
      }
      expect(drainAll(kernel, 1)).toBe(6); // the neighbour is whole
    }
  });

  test.each(DAMAGE)('to %i ends an eviction', (length) => {
    for (const which of [0, 1, 5]) {
      const kernel = damaged(which, length);
      let calls = 0;
      while (kernel.calls.evict(0) === 1) calls += 1;
      expect(calls).toBeLessThanOrEqual(1024 / 32);
      const status = damagedOffer(kernel);
      expect([FULL, 0x700, 0x500, 0x400, 0x100, 0]).toContain(status & ~0x2ff & 0xffff);
      expect(drainAll(kernel, 1)).toBe(6);
    }
  });

  test.each(DAMAGE)(
    'to %i leaves what is offered with eviction accepted or refused, and the neighbour whole',
    (length) => {
      for (const which of [0, 1, 5]) {
        const kernel = damaged(which, length);
        for (let nth = 0; nth < 100; nth += 1) {
          const status = damagedOffer(kernel);
          expect(status === FULL || status < 0x800, `status ${status}`).toBe(true);
        }
        expect(drainAll(kernel, 1)).toBe(6);
      }
    },
  );

  test('of key and headers is found as well', () => {
    const kernel = filled();
    kernel.view.setUint16(kernel.baseOf(0) + RECORD_META_LENGTH, 0xffff, true);
    expect(kernel.calls.claim(0, 100, 1e9)).toBe(CORRUPT);
    expect(kernel.calls.evict(0)).toBe(CORRUPT);
  });

  test('that swallows whole neighbours is an error once the ring runs out of bytes before it runs out of events', () => {
    const kernel = damaged(0, 2 * 48 - 32);
    expect(kernel.calls.claim(0, 100, 1e9)).toBe(CORRUPT);
  });

  test.each([
    [TAIL, 1e6],
    [HEAD, 4096],
  ])('counters that cannot be (%i) are an error', (field, value) => {
    const kernel = filled();
    kernel.view.setBigUint64(kernel.headerAt(0) + field, BigInt(value), true);
    expect(kernel.calls.claim(0, 100, 1e9)).toBe(CORRUPT);
  });
});

test('a record that is longer than the limit of a batch is delivered by itself', () => {
  const kernel = filled();
  expect(kernel.calls.claim(0, 100, 1)).toBe(1);
  expect(kernel.calls.claim(0, 100, 2 * 48)).toBe(2);
  expect(kernel.calls.claim(0, 0, 1e9)).toBe(0);
  expect(kernel.calls.claim(0, 0xffff_ffff, 0xffff_ffff)).toBe(6);
});

/** Both rings with 6 records of 48 bytes. Slots lead even hashes of the golden ratio to ring 0. */
function filled(): BareKernel {
  const kernel = new BareKernel(SIZES);
  kernel.calls.observe(1_700_000_000_000);
  const counts = [0, 0];
  for (let hash = 0; counts[0] !== 6 || counts[1] !== 6; hash += 1) {
    const ring = kernel.calls.routeHashed(hash, 0);
    if (counts[ring] === 6) continue;
    counts[ring] = (counts[ring] as number) + 1;
    expect(kernel.calls.offerHashed(kernel.stage('sixteen bytes ok'), 0, 0, hash, 0)).toBeLessThan(UNROUTED);
  }
  return kernel;
}

function damaged(which: number, length: number): BareKernel {
  const kernel = filled();
  kernel.view.setUint32(kernel.baseOf(0) + which * 48, length, true);
  return kernel;
}

/** Offers to ring 0 with eviction. */
function damagedOffer(kernel: BareKernel): number {
  let hash = 0;
  while (kernel.calls.routeHashed(hash, 0) !== 0) hash += 1;
  return kernel.calls.offerHashed(kernel.stage('x'.repeat(200)), 0, EVICT, hash, 0);
}

/** Claims and commits until nothing is there or the ring is damaged; how many came out. */
function drainAll(kernel: BareKernel, ring: number): number {
  let drained = 0;
  for (let rounds = 0; ; rounds += 1) {
    expect(rounds).toBeLessThan(100);
    const count = kernel.calls.claim(ring, 4, 256);
    if (count === CORRUPT || count === 0) return drained;
    const bytes = kernel.word(64);
    expect(bytes).toBeLessThanOrEqual(SIZES.ringBytes);
    kernel.calls.commit(ring, bytes, count);
    drained += count;
  }
}
