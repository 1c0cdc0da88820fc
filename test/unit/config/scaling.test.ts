// The option `scaling`: what it takes, what it comes to, and how it may contradict itself or the sizes of the bus.
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { EventBusOptions } from '../../../src/config/options.ts';
import { scalingOf } from '../../../src/config/scaling.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';
import { ScalingPolicy } from '../../../src/scaling/policy.ts';

const MIB = 1_048_576;
const DEFAULTS = {
  minShards: 1,
  maxShards: 256,
  automatic: false,
  cooldownMs: 30_000,
  drainTimeoutMs: 30_000,
  thresholds: { addFill: 0.5, addBusy: 0.9, removeFill: 0.2, removeBusy: 0.5, windowMs: 10_000 },
};

function faultsOf(options: unknown): string[] {
  try {
    resolveConfig(options as EventBusOptions);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, expected, value }) => `${path}: ${expected}, got ${value}`);
  }
  return [];
}

test('without a policy shards change by hand alone, from 1 to 256', () => {
  for (const options of [{}, { scaling: false as const }, { scaling: undefined }]) {
    const config = resolveConfig(options);
    expect(config.scaling).toBe(false);
    expect(scalingOf(config)).toEqual(DEFAULTS);
  }
  expect(scalingOf(resolveConfig({ maxMemoryBytes: 16 * MIB })).maxShards).toBe(256);
});

test.each([{}, ScalingPolicy.default()])('a policy in which nothing is set has all defaults', (scaling) => {
  const config = resolveConfig({ scaling });
  expect(config.scaling).toEqual(DEFAULTS);
  expect(scalingOf(config)).toBe(config.scaling);
  expect(Object.isFrozen(config.scaling) && Object.isFrozen(scalingOf(config).thresholds)).toBe(true);
});

test('maxShards defaults to what the memory holds, which a given one may not pass', () => {
  const sizes = { shards: 2, ringBytes: 4 * MIB, maxMemoryBytes: 18 * MIB };
  expect(resolveConfig({ ...sizes, scaling: {} }).scaling).toMatchObject({ maxShards: 4 });
  expect(faultsOf({ ...sizes, scaling: { maxShards: 4 } })).toEqual([]);
  expect(faultsOf({ ...sizes, scaling: { maxShards: 5 } })).toEqual([
    'scaling.maxShards: at most 4: × ringBytes it is 5 × 4194304 = 20971520, over maxMemoryBytes, got 5',
  ]);
  expect(faultsOf({ ...sizes, shards: 5, scaling: { maxShards: 5 } })[0]).toMatch(/^maxMemoryBytes: /);
});

test.each([true, null, 5, 'x', [], () => ({})])('G1 refuses the policy %s', (scaling) => {
  expect(faultsOf({ scaling })).toEqual([expect.stringMatching(/^scaling: false or a policy, /)]);
});

test('G1 every fault of a policy is told, unknown names too', () => {
  const thresholds = { addFill: 0, addBusy: 1.1, removeFill: '0.1', removeBusy: Number.NaN, windowMs: 99, fill: 1 };
  const scaling = { minShards: 0, automatic: 'yes', cooldownMs: -1, colour: 'red', thresholds };
  expect(faultsOf({ scaling }).map((fault) => fault.split(':')[0])).toEqual([
    'scaling.automatic',
    'scaling.colour',
    'scaling.cooldownMs',
    'scaling.minShards',
    'scaling.thresholds.addBusy',
    'scaling.thresholds.addFill',
    'scaling.thresholds.fill',
    'scaling.thresholds.removeBusy',
    'scaling.thresholds.removeFill',
    'scaling.thresholds.windowMs',
  ]);
  expect(faultsOf({ scaling: { thresholds: 5 } })).toEqual(['scaling.thresholds: an object of options, got 5']);
});

test('G1 the bounds must hold the number of shards, and one another', () => {
  expect(faultsOf({ shards: 4, scaling: { minShards: 4, maxShards: 4 } })).toEqual([]);
  expect(faultsOf({ shards: 4, scaling: { minShards: 5 } })).toEqual([
    'scaling.minShards: at most shards, which is 4, got 5',
  ]);
  expect(faultsOf({ shards: 4, scaling: { maxShards: 3 } })).toEqual([
    'scaling.maxShards: at least shards, which is 4, got 3',
  ]);
  expect(faultsOf({ shards: 4, scaling: { minShards: 4, maxShards: 3 } })).toEqual([
    'scaling.maxShards: at least shards, which is 4, got 3',
    'scaling.minShards: at most scaling.maxShards, which is 3, got 4',
  ]);
});

test('G1 what adds must lie above what removes', () => {
  const thresholds = { addFill: 0.2, removeFill: 0.2, addBusy: 0.4 };
  expect(faultsOf({ scaling: { thresholds } })).toEqual([
    'scaling.thresholds.removeBusy: less than scaling.thresholds.addBusy, which is 0.4, got 0.5',
    'scaling.thresholds.removeFill: less than scaling.thresholds.addFill, which is 0.2, got 0.2',
  ]);
});

test('a policy of another copy of the package is taken', () => {
  const foreign = Object.defineProperty({ options: { minShards: 3 } }, Symbol.for('meshbus.ScalingPolicy'), {
    value: true,
  });
  expect(resolveConfig({ scaling: foreign as never }).scaling).toMatchObject({ minShards: 3 });
});

test('a policy is not changed by its methods, nor by what it was given', () => {
  const thresholds = { addFill: 0.7 };
  const base = ScalingPolicy.default().minShards(2).thresholds(thresholds);
  thresholds.addFill = 0.8;
  base.minShards(3).thresholds({ addFill: 0.9 });
  expect(base.options).toEqual({ minShards: 2, thresholds: { addFill: 0.7 } });
});
