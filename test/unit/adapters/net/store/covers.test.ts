// Which streams were succeeded by which.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { Covers, coversOf } from '../../../../../src/adapters/net/store/covers.ts';

const entry = (producer: string, end: number, hasCover: boolean) => ({ producer, end, hasCover });

test('a child covers what its parents cover, each to the greatest end that any of them tells', () => {
  const covers = new Covers();
  covers.add('b', [entry('a', 3, false)]);
  covers.add('c', [entry('b', 7, true), entry('a', 5, false)]);
  const { ends, missing } = covers.endsOf('c');
  deepStrictEqual(Object.fromEntries(ends), { a: 5, b: 7 });
  deepStrictEqual(missing, []);
  deepStrictEqual(covers.roots, ['c']);
});

test('a cover that is not known here is named as missing until it comes', () => {
  const covers = new Covers();
  covers.add('c', [entry('b', 7, true)]);
  deepStrictEqual(covers.endsOf('c').missing, ['b']);
  deepStrictEqual(covers.endsOf('x').missing, ['x']);
  covers.add('b', [entry('a', 3, false)]);
  deepStrictEqual(covers.endsOf('c').missing, []);
});

test('what a cover says of a stream never changes', () => {
  const covers = new Covers();
  strictEqual(covers.add('b', [entry('a', 3, false)]), true);
  strictEqual(covers.add('b', [entry('a', 9, false)]), false);
  strictEqual(covers.endsOf('b').ends.get('a'), 3);
});

test('a forgotten child that another one covers is known to cover nothing, and nobody is told so', () => {
  const covers = new Covers();
  covers.add('b', [entry('a', 3, false)]);
  covers.add('c', [entry('b', 7, true)]);
  covers.forget('b');
  deepStrictEqual(covers.endsOf('c').missing, []);
  deepStrictEqual(
    Array.from(coversOf(0, covers), ({ child }) => child),
    ['c'],
  );
  covers.forget('c');
  covers.forget('b');
  deepStrictEqual([...covers.all()], []);
});
