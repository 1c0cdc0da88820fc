// Options that are right alone and wrong together.
import { expect, test } from 'vitest';
import { RING_BYTES_PER_EVENT } from '../../../src/config/defaults.ts';
import { resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { EventBusOptions } from '../../../src/config/options.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';

const MIB = 1_048_576;

function messageOf(options: EventBusOptions): string {
  try {
    resolveConfig(options);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

test('G1 two events of maxEventBytes must fit the ring', () => {
  expect(messageOf({ ringBytes: 1024, maxEventBytes: 512 })).toBe('');
  expect(messageOf({ ringBytes: 1024, maxEventBytes: 513 })).toContain(
    'ringBytes: expected at least 2 × maxEventBytes = 2 × 513 = 1026; raise it or lower maxEventBytes, got 1024',
  );
});

test.each([65, 96, 1000, 3 * MIB])('G1 a given ringBytes of %i is no power of two', (ringBytes) => {
  expect(messageOf({ ringBytes, maxEventBytes: 16 })).toContain(`ringBytes: expected a power of two, got ${ringBytes}`);
});

test('G1 the rings of all shards together must fit maxMemoryBytes, and the sum is shown', () => {
  const options = { shards: 3, ringBytes: 4 * MIB, maxMemoryBytes: 12 * MIB };
  expect(messageOf(options)).toBe('');
  expect(messageOf({ ...options, maxMemoryBytes: 12 * MIB - 1 })).toContain(
    'maxMemoryBytes: expected at least shards × ringBytes = 3 × 4194304 = 12582912, got 12582911',
  );
});

test('G1 a sum over maxMemoryBytes is also found when ringBytes was not given, and says where it comes from', () => {
  expect(messageOf({ shards: 256, ringCapacity: 1_000_000 })).toMatch(
    /256 × 268435456 = 68719476736 \(ringBytes follows from ringCapacity and maxEventBytes\)/,
  );
});

test('G1 256 shards fit the default memory', () => {
  expect(messageOf({ shards: 256 })).toBe('');
});

test('G1 the first delay of a retry must not exceed the longest', () => {
  expect(messageOf({ retry: { baseDelayMs: 5000 } })).toBe('');
  expect(messageOf({ retry: { baseDelayMs: 5001 } })).toContain(
    'retry.baseDelayMs: expected at most retry.maxDelayMs, which is 5000, got 5001',
  );
});

test('G1 values that are wrong in themselves are not reported as contradictions as well', () => {
  expect(messageOf({ shards: 0, maxEventBytes: -1, ringBytes: 64 })).not.toContain('×');
});

test('I3 ringBytes defaults to 232 bytes for each event of the capacity, rounded up to a power of two', () => {
  for (const ringCapacity of [10_000, 16_384, 100_000]) {
    const { ringBytes } = resolveConfig({ ringCapacity });
    expect(ringBytes).toBe(2 ** Math.ceil(Math.log2(Math.max(RING_BYTES_PER_EVENT * ringCapacity, 2 * MIB + 1))));
  }
});

test('I3 ringBytes defaults to at least two records of maxEventBytes with the longest key and headers', () => {
  for (const maxEventBytes of [1, 1000, MIB, 64 * MIB]) {
    const { ringBytes } = resolveConfig({ ringCapacity: 1, maxEventBytes });
    const needed = 2 * (32 + 65_535 + maxEventBytes);
    expect(ringBytes).toBeGreaterThanOrEqual(needed);
    expect(ringBytes).toBeLessThan(2 * needed);
    expect(Number.isInteger(Math.log2(ringBytes))).toBe(true);
  }
});
