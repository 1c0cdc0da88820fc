// A glance may only ever save work: whatever it rejects, parsing rejects, too.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glanceOf } from '../../../src/consume/filter-glance.ts';
import { compile } from '../../../src/consume/filter-match.ts';
import type { FilterNode } from '../../../src/consume/filter-node.ts';

function matches(node: FilterNode, text: string): boolean {
  return compile(node)({ bytes: Buffer.from(text) });
}

const eq = (path: string, value: string | number | null): FilterNode => ({ kind: 'eq', path, value });

test('C7 names and strings match in every way that JSON can write them', () => {
  for (const text of ['{"kind":"rare"}', '{"k\\u0069nd":"rare"}', '{"kind":"r\\u0061re"}', ' { "kind" : "rare" } ']) {
    expect(matches(eq('kind', 'rare'), text)).toBe(true);
  }
  expect(matches(eq('ä', 'é'), '{"ä":"é"}')).toBe(true);
  expect(matches(eq('ä', 'é'), '{"\\u00e4":"\\u00e9"}')).toBe(true);
  expect(matches(eq('a"b', 'c\nd'), JSON.stringify({ 'a"b': 'c\nd' }))).toBe(true);
  expect(matches(eq('a/b', 'c/d'), '{"a\\/b":"c\\/d"}')).toBe(true);
});

test('C7 a decimal segment is looked for as an index and as a name', () => {
  expect(matches(eq('list.1', 'b'), '{"list":["a","b"]}')).toBe(true);
  expect(matches(eq('0', 'a'), '["a"]')).toBe(true);
  expect(matches(eq('0', 'a'), '{"0":"a"}')).toBe(true);
});

test('C7 what is not there may still satisfy a not', () => {
  expect(matches({ kind: 'not', node: eq('kind', 'rare') }, '{"other":1}')).toBe(true);
  expect(matches({ kind: 'or', nodes: [eq('a', 1), { kind: 'not', node: eq('b', 2) }] }, '{}')).toBe(true);
});

test('a glance never denies a match', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', '0', 'é', 'q"'), fc.string({ minLength: 1, maxLength: 3 }));
  const plainName = name.filter((text) => !text.includes('.') && text !== '__proto__');
  const value = fc.oneof(fc.string({ maxLength: 4 }), fc.integer(), fc.constant(null), fc.boolean());
  fc.assert(
    fc.property(plainName, plainName, value, (outer, inner, leaf) => {
      const node: FilterNode = { kind: 'eq', path: `${outer}.${inner}`, value: leaf };
      const text = JSON.stringify({ [outer]: { [inner]: leaf } });
      expect(glanceOf(node)?.(text) ?? true).toBe(true);
      expect(matches(node, text)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
