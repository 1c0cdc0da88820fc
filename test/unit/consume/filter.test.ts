// C7: what filters match, and what is no filter.
import { describe, expect, test } from 'vitest';
import { Filter } from '../../../src/consume/filter.ts';
import { compile } from '../../../src/consume/filter-match.ts';
import { nodeOf } from '../../../src/consume/filter-node.ts';
import { ConsumerError } from '../../../src/errors/consumer-error.ts';

const encoder = new TextEncoder();

function matches(filter: Filter, payload: unknown): boolean {
  return matchesText(filter, JSON.stringify(payload));
}

function matchesText(filter: Filter, text: string | Uint8Array): boolean {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  return compile(nodeOf(filter.toJson()))({ bytes });
}

function nested(depth: number): unknown {
  let form: unknown = { path: 'a', value: 1 };
  for (let level = 1; level < depth; level += 1) form = { $not: form };
  return form;
}

describe('Filter', () => {
  test.each([
    ['a', 1, { a: 1 }, true],
    ['a', 1, { a: '1' }, false],
    ['a', 1, { a: true }, false],
    ['a', null, { a: null }, true],
    ['a', null, {}, false],
    ['a.b', 1, { a: { b: 1 } }, true],
    ['a.b', 1, { 'a.b': 1 }, false],
    ['a.1', 'y', { a: ['x', 'y'] }, true],
    ['a.1', 'y', { a: { 1: 'y' } }, true],
    ['a.01', 'y', { a: ['x', 'y'] }, false],
    ['a.length', 2, { a: ['x', 'y'] }, false],
    ['a.length', 2, { a: { length: 2 } }, true],
    ['a.length', 1, { a: 'x' }, false],
    ['0', 'x', ['x'], true],
    ['toString', 1, {}, false],
    ['constructor.name', 'Object', {}, false],
    ['a.', 1, { a: { '': 1 } }, true],
    ['.', 1, { '': { '': 1 } }, true],
    ['a', [1, { b: 2, c: 3 }], { a: [1, { c: 3, b: 2 }] }, true],
    ['a', [1, 2], { a: [2, 1] }, false],
    ['a', [1], { a: { 0: 1 } }, false],
    ['a', {}, { a: [] }, false],
    ['a', { b: 1 }, { a: { b: 1, c: 2 } }, false],
    ['a', -0, { a: 0 }, true],
    ['a', 1, 'text', false],
    ['a', 1, null, false],
  ])('C7 eq(%j, %j) of %j is %j', (path, value, payload, expected) => {
    expect(matches(Filter.eq(path, value), payload)).toBe(expected);
    expect(matches(Filter.not(Filter.eq(path, value)), payload)).toBe(!expected);
  });

  test('C7 numbers are doubles, whatever their digits', () => {
    expect(matchesText(Filter.eq('a', 1), '{"a":1.0}')).toBe(true);
    expect(matchesText(Filter.eq('a', 100), '{"a":1e2}')).toBe(true);
    expect(matchesText(Filter.eq('a', 9007199254740992), '{"a":9007199254740993}')).toBe(true);
  });

  test('C7 members named __proto__ are members like any other', () => {
    const text = '{"__proto__":{"admin":true},"a":{"__proto__":1}}';
    expect(matchesText(Filter.eq('__proto__.admin', true), text)).toBe(true);
    expect(matchesText(Filter.eq('a', JSON.parse('{"__proto__":1}')), text)).toBe(true);
    expect(matchesText(Filter.eq('a', {}), text)).toBe(false);
    expect(matches(Filter.eq('__proto__', {}), {})).toBe(false);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test('C7 empty and, and empty or, match nothing', () => {
    expect(matches(Filter.and([]), {})).toBe(false);
    expect(matches(Filter.or([]), {})).toBe(false);
    expect(matches(Filter.not(Filter.and([])), {})).toBe(true);
  });

  test('and, or, not combine', () => {
    const filter = Filter.and([Filter.eq('a', 1), Filter.or([Filter.eq('b', 2), { path: 'b', value: 3 }])]);
    expect(matches(filter, { a: 1, b: 3 })).toBe(true);
    expect(matches(filter, { a: 1, b: 4 })).toBe(false);
    expect(matches(filter, { a: 2, b: 2 })).toBe(false);
  });

  test('C7 a payload that is not JSON in UTF-8 matches nothing, not included', () => {
    const not = Filter.not(Filter.eq('b', 2));
    for (const text of ['', '{', 'undefined', '\ufeff{"b":1}', Buffer.from('{"a":"x\xffy","b":1}', 'latin1')]) {
      expect(matchesText(not, text)).toBe(false);
      expect(matchesText(Filter.eq('b', 1), text)).toBe(false);
    }
  });

  test('a filter comes back from its JSON form', () => {
    const filter = Filter.not(Filter.and([Filter.eq('a.b', { c: [1, null] }), Filter.or([])]));
    const json = { $not: { $and: [{ path: 'a.b', value: { c: [1, null] } }, { $or: [] }] } };
    expect(filter.toJson()).toEqual(json);
    expect(Filter.fromJson(JSON.parse(JSON.stringify(filter))).toJson()).toEqual(json);
    expect(Filter.fromJson({ $eq: { path: 'a', value: 1 } }).toJson()).toEqual({ path: 'a', value: 1 });
    expect(Filter.fromJson(filter).toJson()).toEqual(json);
  });

  test('changing a value later changes no filter', () => {
    const value = { list: [1] };
    const filter = Filter.eq('a', value);
    value.list.push(2);
    expect(matches(filter, { a: { list: [1] } })).toBe(true);
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['text', '{}'],
    ['no member', {}],
    ['an empty path', { path: '', value: 1 }],
    ['a path that is no text', { path: ['a'], value: 1 }],
    ['no value', { path: 'a' }],
    ['an undefined value', { path: 'a', value: undefined }],
    ['a value that is no JSON', { path: 'a', value: 1n }],
    ['NaN', { path: 'a', value: Number.NaN }],
    ['a Date', { path: 'a', value: new Date() }],
    ['a value within that is no JSON', { path: 'a', value: { b: [() => 1] } }],
    ['another member', { path: 'a', value: 1, op: 'gt' }],
    ['two operators', { $and: [], $or: [] }],
    ['an operator beside a path', { $and: [], path: 'a', value: 1 }],
    ['an unknown operator', { $gt: { path: 'a', value: 1 } }],
    ['and without a list', { $and: { path: 'a', value: 1 } }],
    ['not with a list', { $not: [] }],
    ['a fault deep inside', { $or: [{ $not: { path: 'a' } }] }],
    ['65 levels', nested(65)],
  ])('C7 %s is InvalidFilter', (_name, form) => {
    expect(() => Filter.fromJson(form)).toThrow(ConsumerError);
    expect(() => Filter.fromJson(form)).toThrow(expect.objectContaining({ kind: 'InvalidFilter' }));
  });

  test('C7 64 levels are fine, and a value that holds itself is not', () => {
    expect(() => Filter.fromJson(nested(64))).not.toThrow();
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => Filter.eq('a', circle as never)).toThrow(/64 deep/);
  });

  test('an error names the place', () => {
    expect(() => Filter.fromJson({ $or: [{ path: 'a', value: 1 }, { $not: { $lt: 1 } }] })).toThrow(
      /filter\.\$or\[1\]\.\$not has the unknown operator \$lt/,
    );
  });
});
