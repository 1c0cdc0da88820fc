// The option `adapter`: anyone's configuration is taken, what this version lacks is refused by name.
import { expect, test } from 'vitest';
import { NoopAdapter } from '../../../src/adapters/noop/adapter.ts';
import { AdapterConfig } from '../../../src/config/adapter-config.ts';
import { resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { EventBusOptions } from '../../../src/config/options.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';

function faultsOf(adapter: unknown): ConfigError['faults'] {
  try {
    resolveConfig({ adapter } as EventBusOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('the default is noop', () => {
  expect(resolveConfig({}).adapter.create()).toBeInstanceOf(NoopAdapter);
});

test('G1 AdapterConfig offers what works in this version', () => {
  expect(Object.keys(AdapterConfig)).toEqual(['noop', 'memory', 'log', 'redis', 'jetstream', 'net']);
  expect(resolveConfig({ adapter: AdapterConfig.memory() }).adapter.kind).toBe('memory');
  expect(resolveConfig({ adapter: AdapterConfig.log('folder') }).adapter.kind).toBe('log');
});

test("anyone's adapter is taken, also under the name of a built-in one", () => {
  expect(faultsOf({ kind: 'net', create: () => new NoopAdapter() })).toEqual([]);
});

test('G1 what a configuration says of its own faults is told with all others', () => {
  const check = () => [{ path: 'mine.depth', expected: 'a number', value: 'x' }];
  expect(faultsOf({ kind: 'mine', create: () => new NoopAdapter(), check })).toEqual(check());
});

test('an instance of a class with private fields is taken and creates on itself', () => {
  class Mine {
    readonly kind = 'mine';
    #made = 0;
    create(): NoopAdapter {
      this.#made += 1;
      return new NoopAdapter();
    }
    get made(): number {
      return this.#made;
    }
  }
  const mine = new Mine();
  expect(resolveConfig({ adapter: mine }).adapter.create()).toBeInstanceOf(NoopAdapter);
  expect(mine.made).toBe(1);
});

test('what the caller does to its adapter later changes nothing', () => {
  const mine = { kind: 'mine', create: () => new NoopAdapter() };
  const { adapter } = resolveConfig({ adapter: mine });
  mine.kind = 'other';
  mine.create = () => {
    throw new Error('replaced');
  };
  expect(adapter.kind).toBe('mine');
  expect(adapter.create()).toBeInstanceOf(NoopAdapter);
});

test.each([5, 'memory', null, true, {}, { kind: '' }, { kind: 5, create: 5 }, { create: () => null }, { kind: 'x' }])(
  'G1 refuses the adapter %j',
  (adapter) => {
    const faults = faultsOf(adapter);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]?.path).toMatch(/^adapter/);
    expect(faults[0]?.expected).toContain('{ kind, create() }');
  },
);
