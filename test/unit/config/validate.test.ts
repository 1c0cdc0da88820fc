// Every way in which a single option can be wrong, and that all of them are told together.
import { describe, expect, test } from 'vitest';
import { EventBusConfig, resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { EventBusOptions } from '../../../src/config/options.ts';
import { RANGES } from '../../../src/config/ranges.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';

/** The faults of options that need not have the right types. */
function faultsOf(options: unknown): ConfigError['faults'] {
  try {
    resolveConfig(options as EventBusOptions);
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'EBUS_CONFIG_INVALID') return error.faults;
    throw error;
  }
  return [];
}

/** Options with one value at a path such as `batch.maxEvents`. */
function optionsAt(path: string, value: unknown): unknown {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
}

describe.each(Object.entries(RANGES))('G1 %s', (path, { min, max }) => {
  test.each([
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['a fraction', min + 0.5, String(min + 0.5)],
    ['a negative number', -1, '-1'],
    ['less than the least', min - 1, String(min - 1)],
    ['more than the most', max + 1, String(max + 1)],
    ['a numeric string', '8', '"8"'],
    ['null', null, 'null'],
    ['a bigint', 8n, '8n'],
    ['true', true, 'true'],
    ['an array', [8], 'an array'],
    ['an object', { valueOf: () => 8 }, 'an object'],
  ])('refuses %s and shows it', (_name, value, shown) => {
    const fault = faultsOf(optionsAt(path, value)).find((each) => each.path === path);
    expect(fault?.value).toBe(shown);
    expect(fault?.expected).toContain(`a whole number from ${min} to ${max}`);
  });

  test('takes both ends of its range, or says which other option they contradict', () => {
    for (const value of [min, max]) {
      const faults = faultsOf(optionsAt(path, value));
      expect(faults.filter((fault) => fault.expected.startsWith('a whole number'))).toEqual([]);
    }
  });
});

test('G1 reports every fault at once, in the order of their paths', () => {
  const faults = faultsOf({
    shards: 0,
    batch: { maxEvents: Number.NaN, colour: 'red' },
    backpressure: 'drop',
    adapter: 5,
    scaling: 'on',
    producerNoncePath: '',
    retry: { attempts: 'for ever' },
    onDeadLetter: 'x',
    colour: 'red',
  });
  expect(faults.map((fault) => fault.path)).toEqual([
    'adapter',
    'backpressure',
    'batch.colour',
    'batch.maxEvents',
    'colour',
    'onDeadLetter',
    'producerNoncePath',
    'retry.attempts',
    'scaling',
    'shards',
  ]);
});

test('G1 an error message names path, expectation and value of each fault', () => {
  const message = expect.stringMatching(
    /2 faults:\n {2}ringCapacity: expected .* got -5\n {2}shards: expected .* got 257$/,
  );
  expect(() => resolveConfig({ shards: 257, ringCapacity: -5 })).toThrow(expect.objectContaining({ message }));
});

test.each([undefined, null, 5, 'x', [], () => ({})])('G1 refuses %s in place of options', (value) => {
  expect(faultsOf(value)).toEqual([expect.objectContaining({ path: 'options' })]);
});

test.each(['batch', 'retry'])('G1 refuses a %s that is no object', (name) => {
  for (const value of [null, 5, 'x', []]) {
    expect(faultsOf({ [name]: value })).toEqual([
      expect.objectContaining({ path: name, expected: 'an object of options' }),
    ]);
  }
});

test.each([{}, { sample: undefined }, { sample: 0 }, { sample: 1.5 }, { sample: 2, rate: 1 }, null, [], 'Block', 1])(
  'G1 refuses the backpressure %j',
  (backpressure) => {
    expect(faultsOf({ backpressure })[0]?.path).toMatch(/^backpressure/);
  },
);

test.each(['', 'a\0b', 5, {}])('G1 refuses the nonce path %j', (producerNoncePath) => {
  expect(faultsOf({ producerNoncePath })).toEqual([expect.objectContaining({ path: 'producerNoncePath' })]);
});

test('an option that is undefined has its default', () => {
  const options = { shards: undefined, batch: { maxEvents: undefined }, retry: undefined, onDeadLetter: undefined };
  expect(JSON.stringify(resolveConfig(options))).toBe(JSON.stringify(EventBusConfig.default()));
});

test('a long string is shown shortened', () => {
  const [fault] = faultsOf({ shards: 'x'.repeat(1000) });
  expect(fault?.value).toBe(`"${'x'.repeat(40)}…"`);
});
