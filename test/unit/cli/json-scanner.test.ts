// The scanner against JSON.parse and against filters: what it accepts is JSON, what it finds is what a path means.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyCache } from '../../../src/cli/ingest/key-cache.ts';
import { KeyPath } from '../../../src/cli/ingest/key-path.ts';
import { JsonScanner, NOT_ACCEPTED } from '../../../src/cli/json-scanner.ts';
import { Filter } from '../../../src/consume/filter.ts';
import { compile } from '../../../src/consume/filter-match.ts';
import { nodeOf } from '../../../src/consume/filter-node.ts';

const seed = Number(process.env.MESHBUS_SEED ?? Date.now() % 2 ** 31);
/** One for all: keys of one line must not turn up in another. */
const cache = new KeyCache();
const RUNS = { seed, numRuns: 3000 };
console.log(`json-scanner: MESHBUS_SEED=${seed}`);

const GOOD = [
  ...['0', '-0', '12.5', '1e5', '1E+5', '-2.25e-3', 'true', 'false', 'null', '""', '[]', '{}', ' 1 ', '\t{ }\r'],
  ...['"\\u00Af\\n\\/"', '{"a":[1,{"b":[]}],"c":null}', '[[],[[]]]', '{"":0}', '"\u2028\u2029\u0085\u007f"', '"😀"'],
];
const BAD = [
  ...['', ' ', '01', '-', '1.', '.5', '1e', '1e+', '+1', '0x1', 'NaN', 'tru', 'truee', 'nul', 'Infinity', '"', "'a'"],
  ...['"\\x"', '"\\u12"', '"\\u12G4"', '"\t"', '[', ']', '[1', '[1,', '[1,]', '[,1]', '{', '}', '{"a"', '{"a":'],
  ...[
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{"a" 1}',
    '{"a":1]',
    '[1}',
    '1 2',
    '{}{}',
    '\ufeff1',
    '\u00a01',
    '\v1',
  ],
];

describe('the scanner', () => {
  test.each(GOOD)('accepts %j', (text) => expect(accepts(text)).toBe(true));

  test.each(BAD)('leaves %j to JSON.parse', (text) => {
    expect(accepts(text)).toBe(false);
    expect(() => JSON.parse(text)).toThrow();
  });

  test('accepts every line that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => accepts(text)),
      RUNS,
    );
  });

  test('accepts nothing that JSON.parse refuses, in lines that are nearly JSON', () => {
    const nearly = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[],:"\\eE+-.0u \t\rtn\u2028')).map(damaged);
    fc.assert(
      fc.property(nearly, (text) => !accepts(text) || parses(text)),
      RUNS,
    );
  });

  test('leaves a line that nests deeper than it counts to JSON.parse', () => {
    const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(accepts(deep(256))).toBe(true);
    expect(accepts(deep(258))).toBe(false);
  });

  test('stops at the end of its line, whatever follows', () => {
    const bytes = Buffer.from('{"a":1}\n[2]\n"open\n');
    const scanner = new JsonScanner();
    expect(scanner.scan(bytes, 0)).toBe(7);
    expect(scanner.scan(bytes, 8)).toBe(11);
    expect(scanner.scan(bytes, 12)).toBe(NOT_ACCEPTED);
  });
});

describe('a path', () => {
  const names = fc.constantFrom('a', 'b', '__proto__', 'é', '');
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('k'));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(names, tie('tree'))),
  }));
  const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((each) => each.join('.'));

  test('means the same to the scanner, to JSON.parse, and to a filter', () => {
    fc.assert(
      fc.property(tree, paths, (value, path) => {
        if (path === '') return;
        const text = JSON.stringify(value);
        const key = new KeyPath(path).keyOf(JSON.parse(text));
        expect(scanned(text, path)).toBe(key);
        if (typeof key === 'string') expect(matches(text, path, key) || matchesAsJson(text, path, key)).toBe(true);
      }),
      RUNS,
    );
  });

  test.each([
    ['{"a":1,"a":"last"}', 'a', 'last'],
    ['{"a":{"b":1},"a":{}}', 'a.b', undefined],
    ['{"a":{"b":"x"},"c":{"b":"y"}}', 'a.b', 'x'],
    ['{"c":{"a":"y"},"a":"x"}', 'a', 'x'],
    ['[{"a":"x"}]', 'a', undefined],
    ['{"a":[{"b":"x"}]}', 'a.b', undefined],
    ['{"a":"\\u00e9\\n"}', 'a', 'é\n'],
    ['{"a":1e2}', 'a', '100'],
    ['{"a":false}', 'a', 'false'],
    ['{"a":null}', 'a', undefined],
    ['{"a":{}}', 'a', undefined],
  ])('in %s finds at %s: %s', (text, path, key) => expect(scanned(text, path)).toBe(key));

  test('leaves names with escapes to JSON.parse', () => {
    expect(new JsonScanner(['a']).scan(Buffer.from('{"\\u0061":1}\n'), 0)).toBe(NOT_ACCEPTED);
  });

  test('that may lead through an array has no scanner, and finds elements', () => {
    expect(new KeyPath('a.0').scanner()).toBeUndefined();
    expect(new KeyPath('a.0').keyOf({ a: ['x'] })).toBe('x');
    expect(new KeyPath('a.length').keyOf({ a: ['x'] })).toBeUndefined();
  });
});

function accepts(text: string): boolean {
  const bytes = Buffer.from(`${text}\n`);
  return new JsonScanner().scan(bytes, 0) === bytes.length - 1;
}

function scanned(text: string, path: string): string | undefined {
  const bytes = Buffer.from(`${text}\n`);
  const scanner = new KeyPath(path).scanner();
  expect(scanner?.scan(bytes, 0)).toBe(bytes.length - 1);
  if (scanner === undefined || scanner.valueFrom < 0) return undefined;
  return cache.keyed(bytes, scanner.valueFrom, scanner.valueTo)?.key;
}

function matches(text: string, path: string, value: string | number | boolean): boolean {
  return compile(nodeOf(Filter.eq(path, value).toJson()))({ bytes: Buffer.from(text) });
}

function matchesAsJson(text: string, path: string, key: string): boolean {
  return parses(key) && matches(text, path, JSON.parse(key));
}

function damaged([text, at, char]: [string, number, string]): string {
  const index = at % (text.length + 1);
  return text.slice(0, index) + char + text.slice(index + (at % 2));
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
