// What all errors have in common: families, causes, and `instanceof` between two copies of the package.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AdapterError, type AdapterErrorKind } from '../../../src/errors/adapter-error.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';
import { ConsumerError } from '../../../src/errors/consumer-error.ts';
import { EventBusError } from '../../../src/errors/event-bus-error.ts';
import { IngestionError } from '../../../src/errors/ingestion-error.ts';
import { PositionError } from '../../../src/errors/position-error.ts';
import { ScalingError } from '../../../src/errors/scaling-error.ts';

const FAMILIES = [
  [ConfigError, new ConfigError('Nonce', 'x')],
  [IngestionError, new IngestionError('Sampled', 'x')],
  [ConsumerError, new ConsumerError('Adapter', 'x')],
  [AdapterError, new AdapterError('Fatal', 'x')],
  [ScalingError, new ScalingError('Memory', 'x')],
  [PositionError, new PositionError('x')],
] as const;

/** What an error of the same family looks like that another copy of the package made. */
function foreign(family: string): Error {
  return Object.defineProperty(new Error('x'), Symbol.for('meshbus.error.family'), { value: family });
}

test.each(FAMILIES)('%o has its own family and no other', (family, error) => {
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(EventBusError);
  expect(FAMILIES.filter(([other]) => error instanceof other)).toEqual([[family, error]]);
  expect(error.name).toBe(family.family);
  expect(String(error)).toBe(`${family.family}: x`);
});

test.each(FAMILIES)('an error of the family %o of another copy is an instance', (family) => {
  const error = foreign(family.family);
  expect(error instanceof family).toBe(true);
  expect(error instanceof EventBusError).toBe(true);
  expect(FAMILIES.filter(([other]) => error instanceof other).length).toBe(1);
});

test.each([undefined, null, 5, 'x', {}, new Error('x'), new TypeError('x'), () => null])(
  '%o is no EventBusError',
  (value) => {
    expect(value instanceof EventBusError).toBe(false);
    expect(value instanceof AdapterError).toBe(false);
  },
);

test("a user's subclass is told apart from its base", () => {
  class MyError extends AdapterError {}
  expect(new MyError('Fatal', 'x') instanceof MyError).toBe(true);
  expect(new MyError('Fatal', 'x') instanceof AdapterError).toBe(true);
  expect(new AdapterError('Fatal', 'x') instanceof MyError).toBe(false);
});

test('the cause is kept, and is no property when there is none', () => {
  const cause = new Error('the reason');
  expect(new AdapterError('Fatal', 'x', { cause }).cause).toBe(cause);
  expect('cause' in new AdapterError('Fatal', 'x')).toBe(false);
  expect('cause' in new AdapterError('Fatal', 'x', { cause: undefined })).toBe(false);
});

test('Transient and Backpressure alone are retryable', () => {
  const kinds: AdapterErrorKind[] = ['Transient', 'Fatal', 'Backpressure', 'Connection', 'Shutdown', 'Serialization'];
  expect(kinds.filter((kind) => new AdapterError(kind, 'x').isRetryable())).toEqual(['Transient', 'Backpressure']);
});

test('faults cannot be changed, and each stands on a line of its own', () => {
  const error = ConfigError.ofFaults([
    { path: 'a', expected: 'one thing', value: '1' },
    { path: 'b', expected: 'another' },
  ]);
  expect(error.message).toBe('The configuration has 2 faults:\n  a: expected one thing, got 1\n  b: expected another');
  expect(ConfigError.ofFaults([{ path: 'a', expected: 'one thing' }]).message).toMatch(/has 1 fault:/);
  expect(Object.isFrozen(error.faults)).toBe(true);
});

test('nothing internal shows when an error is inspected or written as JSON', () => {
  for (const [, error] of FAMILIES) {
    expect(inspect(error)).not.toMatch(/Symbol|family/);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: error.code, kind: error.kind });
  }
});
