// The hybrid clock: strictly increasing stamps whatever the wall clock does.
import { expect, test } from 'vitest';
import { CLOCK_LAST, RECORD_STAMP } from '../../../kernel/layout.ts';
import { BareKernel } from '../../support/bare-kernel.ts';

const NOON_MS = 1_700_000_000_000;
const NOON_NS = 1_700_000_000_000_000_000n;
const RECORD = 40;

function kernelWith(ringCapacity = 64): BareKernel {
  return new BareKernel({ rings: 2, ringBytes: 4096, ringCapacity, maxEventBytes: 64 });
}

/** The stamp of the next event. */
function stamp(kernel: BareKernel): bigint {
  kernel.calls.offerHashed(kernel.stage('x'), 0, 0, 0, 0);
  return kernel.long(CLOCK_LAST);
}

test('T1 stamps are the wall clock in nanoseconds, and strictly increase while it stands still', () => {
  const kernel = kernelWith();
  kernel.calls.observe(NOON_MS);
  expect([stamp(kernel), stamp(kernel), stamp(kernel)]).toEqual([NOON_NS, NOON_NS + 1n, NOON_NS + 2n]);
  expect(kernel.long(kernel.baseOf(0) + RECORD + RECORD_STAMP)).toBe(NOON_NS + 1n);
});

test('T1 a wall clock that steps back is not followed until it has caught up', () => {
  const kernel = kernelWith();
  kernel.calls.observe(NOON_MS);
  const before = stamp(kernel);
  kernel.calls.observe(NOON_MS - 3_600_000);
  expect(stamp(kernel)).toBe(before + 1n);
  kernel.calls.observe(NOON_MS + 1);
  expect(stamp(kernel)).toBe(NOON_NS + 1_000_000n);
});

test('T1 a stamp at a full millisecond does not lie in the one before, and a fraction is kept', () => {
  const kernel = kernelWith();
  for (let ms = NOON_MS; ms < NOON_MS + 50; ms += 1) {
    kernel.calls.observe(ms);
    expect(stamp(kernel)).toBe(BigInt(ms) * 1_000_000n);
  }
  kernel.calls.observe(NOON_MS + 100.5);
  expect(stamp(kernel)).toBe(NOON_NS + 100_500_000n);
});

test('T1 an adopted stamp lies below every later one, an older one changes nothing', () => {
  const kernel = kernelWith();
  kernel.calls.observe(NOON_MS);
  kernel.calls.adopt(NOON_NS + 5_000_000_000n);
  expect(stamp(kernel)).toBe(NOON_NS + 5_000_000_001n);
  kernel.calls.adopt(NOON_NS);
  expect(stamp(kernel)).toBe(NOON_NS + 5_000_000_002n);
});

test('T1 one clock serves all rings', () => {
  const kernel = kernelWith();
  kernel.calls.observe(NOON_MS);
  const stamps: bigint[] = [];
  const rings = new Set<number>();
  for (let hash = 0; hash < 40; hash += 1) {
    rings.add(kernel.calls.offerHashed(kernel.stage('x'), 0, 0, hash, 0) & 0xff);
    stamps.push(kernel.long(CLOCK_LAST));
  }
  expect(rings.size).toBe(2);
  expect(stamps).toEqual(stamps.map((_, index) => NOON_NS + BigInt(index)));
});

test('T1 a time before 1970, or none at all, moves nothing', () => {
  const kernel = kernelWith();
  kernel.calls.observe(NOON_MS);
  const before = stamp(kernel);
  for (const wallMs of [-1, -1e15, Number.NaN, 0]) kernel.calls.observe(wallMs);
  expect(stamp(kernel)).toBe(before + 1n);
});

test('T1 an event that is refused takes no stamp', () => {
  const kernel = kernelWith(1);
  kernel.calls.observe(NOON_MS);
  const last = stamp(kernel);
  expect(stamp(kernel)).toBe(last);
});
