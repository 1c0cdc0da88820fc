// Options read one by one: what fits comes back, what does not is noted with its path, and no secret is shown.
import { expect, test } from 'vitest';
import { OptionReader } from '../../../src/adapter/option-reader.ts';
import type { ConfigFault } from '../../../src/errors/config-error.ts';

const NAMES = ['count', 'flag', 'kind', 'text', 'secret', 'object', 'section'];

function reading(options: unknown): { readonly read: OptionReader; readonly faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  return { read: new OptionReader(options, { path: 'store', known: NAMES }, faults), faults };
}

function readAll({ read }: { readonly read: OptionReader }): unknown[] {
  return [
    read.count('count', 1, 9),
    read.flag('flag'),
    read.oneOf('kind', ['a', 'b']),
    read.text('text'),
    read.secret('secret'),
    read.object('object'),
    read.section('section', ['ca', 'first']),
  ];
}

test('what fits comes back, and what is left out is undefined', () => {
  const values = [9, false, 'b', 't', 's', { x: 1 }, { ca: 'PEM', first: true }];
  const full = reading(Object.fromEntries(NAMES.map((name, nth) => [name, values[nth]])));
  const empty = reading({ count: undefined });
  expect([readAll(full), full.faults]).toEqual([values, []]);
  expect([readAll(empty), empty.faults]).toEqual([NAMES.map(() => undefined), []]);
});

test('G1 every fault is noted with its path, what was expected, and no value but a number', () => {
  const wrong = { count: 10, flag: 'yes', kind: 'c', text: '', object: [], section: { key: 5 }, else: 'x' };
  const all = reading(wrong);
  readAll(all);
  expect(all.faults).toEqual([
    { path: 'store.else', expected: `one of ${NAMES.join(', ')}` },
    { path: 'store.count', expected: 'a whole number from 1 to 9', value: '10' },
    { path: 'store.flag', expected: 'true or false', value: 'a value of type string' },
    { path: 'store.kind', expected: "'a' or 'b'", value: 'a value of type string' },
    { path: 'store.text', expected: 'a string that is not empty', value: 'a value of type string' },
    { path: 'store.object', expected: 'an object', value: 'a value of type object' },
    {
      path: 'store.section',
      expected: 'true, false or an object with ca, first',
      value: 'a value of type object',
    },
  ]);
});

test.each([123_456, '', {}])('G2 what stands in place of a secret is not shown: %j', (secret) => {
  const { faults, read } = reading({ secret });
  expect(read.secret('secret')).toBeUndefined();
  expect(faults).toEqual([{ path: 'store.secret', expected: 'a string that is not empty' }]);
});

test('a number has its default, or must be given', () => {
  const { faults, read } = reading({});
  expect(read.number('count', { min: 0, max: 5, fallback: 3 })).toBe(3);
  expect(faults).toEqual([]);
  expect(read.number('count', { min: 2, max: 5, fallback: undefined })).toBe(2);
  expect(faults).toMatchObject([{ path: 'store.count', expected: 'a whole number from 2 to 5' }]);
});

test('true is an empty section, and false none', () => {
  expect(reading({ section: true }).read.section('section', [])).toEqual({});
  expect(reading({ section: false }).read.section('section', [])).toBeUndefined();
});

test.each([null, [], 'x', 5])('options that are no object are a fault: %j', (options) => {
  expect(reading(options).faults).toMatchObject([{ path: 'store', expected: 'an object of options' }]);
});
