// Options that come from parsed JSON, carry strange prototypes or hold secrets.
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { EventBusOptions } from '../../../src/config/options.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';
import { runInOwnProcess } from '../../support/own-process.ts';

function errorOf(options: unknown): ConfigError {
  try {
    resolveConfig(options as EventBusOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the options were taken');
}

test('G1 an own __proto__ is an unknown key, whose value is not shown', () => {
  const { faults, message } = errorOf(JSON.parse('{"__proto__":{"shards":0}}'));
  expect(faults).toEqual([{ path: '__proto__', expected: expect.stringContaining('one of shards, ringCapacity') }]);
  expect(message).not.toContain('got');
});

test('G1 unknown keys are faults at every level, hidden and symbol ones too', () => {
  const hidden = Object.defineProperty({ batch: JSON.parse('{"__proto__":1,"constructor":2}') }, 'secret', {
    value: 1,
  });
  const paths = errorOf({ ...hidden, [Symbol('mine')]: 1, retry: { toString: 1 } }).faults.map((fault) => fault.path);
  expect(paths).toEqual(['Symbol(mine)', 'batch.__proto__', 'batch.constructor', 'retry.toString']);
  expect(errorOf(hidden).faults.map((fault) => fault.path)).toContain('secret');
});

test('options without a prototype are taken', () => {
  const options = Object.assign(Object.create(null), {
    shards: 2,
    batch: Object.assign(Object.create(null), { maxEvents: 3 }),
  });
  expect(resolveConfig(options)).toMatchObject({ shards: 2, batch: { maxEvents: 3 } });
});

test('options on a prototype do not count', () => {
  expect(resolveConfig(Object.create({ shards: 99 })).shards).toBe(4);
});

test('frozen options are taken, and the object of the caller is neither kept nor changed', () => {
  const batch = { maxEvents: 7 };
  const options = { shards: 2, batch, backpressure: { sample: 3 } };
  const before = structuredClone(options);
  const config = resolveConfig(Object.freeze(options));
  expect(options).toEqual(before);
  batch.maxEvents = 8;
  options.backpressure.sample = 9;
  expect(config).toMatchObject({ batch: { maxEvents: 7 }, backpressure: { sample: 3 } });
});

test('each option is read once', () => {
  let reads = 0;
  const options = {
    get shards() {
      reads += 1;
      return reads;
    },
  };
  expect(resolveConfig(options).shards).toBe(1);
  expect(reads).toBe(1);
});

test('the configuration is frozen in depth', () => {
  const config = resolveConfig({ backpressure: { sample: 2 } });
  for (const part of [config, config.batch, config.retry, config.backpressure, config.adapter]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test.each([
  ['an adapter that is an address', { adapter: 'redis://user:hunter2@host' }],
  ['an unknown option', { redisUrl: 'redis://user:hunter2@host', shards: 4 }],
  ['an address in a field of an adapter', { adapter: { kind: 'redis', url: 'redis://user:hunter2@host' } }],
  ['an address in the wrong place', { backpressure: 'redis://user:hunter2@host' }],
])('G2 a password is not shown: %s', (_name, options) => {
  const error = errorOf(options);
  expect(`${error.message}${error.stack}${JSON.stringify(error.faults)}`).not.toContain('hunter2');
});

test('nothing depends on the accessor __proto__ or on a prototype that can be changed', async () => {
  const code = `
    import { resolveConfig } from './src/config/event-bus-config.ts';
    Object.freeze(Object.prototype);
    Object.freeze(Array.prototype);
    const { shards, batch } = resolveConfig({ shards: 2, batch: { maxEvents: 3 }, backpressure: { sample: 2 } });
    let refused;
    try { resolveConfig(JSON.parse('{"__proto__":{"shards":0}}')); } catch (error) { refused = error; }
    console.log(shards, batch.maxEvents, refused.code, refused.faults[0].path);`;
  const { stdout, stderr } = await runInOwnProcess(code, { nodeArguments: ['--disable-proto=throw'] });
  expect([stdout, stderr]).toEqual(['2 3 EBUS_CONFIG_INVALID __proto__\n', '']);
});
