// An event as a JSON value.
import { expect, test } from 'vitest';
import { IngestionError } from '../../../src/errors/ingestion-error.ts';
import { Event, isEvent } from '../../../src/event/event.ts';
import { failure } from '../../support/failure.ts';

const encoder = new TextEncoder();

test('an event holds the very value it was given', () => {
  const value = { a: 1 };
  expect(new Event(value).value).toBe(value);
  expect(JSON.stringify([new Event(value), new Event(null)])).toBe('[{"a":1},null]');
});

test('text and bytes are parsed as JSON', () => {
  for (const text of ['{"a":[1,2]}', ' "x" ', '1.0', 'null', '"\\ud800"']) {
    expect(Event.fromString(text).value).toEqual(JSON.parse(text));
    expect(Event.fromBytes(encoder.encode(text)).value).toEqual(JSON.parse(text));
  }
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  shared.set(encoder.encode('42'));
  expect(Event.fromBytes(shared).value).toBe(42);
});

test('a __proto__ member of parsed JSON stays a member', () => {
  const { value } = Event.fromString<object>('{"__proto__":{"admin":true}}');
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(Buffer.from(new Event(value).toRaw().bytes).toString()).toBe('{"__proto__":{"admin":true}}');
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test('text that is no JSON is a Serialization error with its cause', () => {
  for (const text of ['', '{', '{"a":1}x', 'undefined', '\ufeff{}', "{'a':1}"]) {
    const error = failure(() => Event.fromString(text));
    expect(error).toBeInstanceOf(IngestionError);
    expect([(error as IngestionError).kind, (error as IngestionError).cause]).toEqual([
      'Serialization',
      expect.any(SyntaxError),
    ]);
  }
});

test('bytes that are no UTF-8, or none at all, are a Serialization error', () => {
  for (const bytes of [
    Uint8Array.of(0x22, 0xff, 0x22),
    encoder.encode('\ufeff{}'),
    Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
  ]) {
    expect(failure(() => Event.fromBytes(bytes))).toMatchObject({ kind: 'Serialization' });
  }
  for (const value of ['{}', undefined, null, 5]) {
    expect(failure(() => Event.fromBytes(value as never))).toMatchObject({ kind: 'Serialization' });
  }
});

test('what JSON cannot hold fails when it becomes bytes, not before', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const value of [1n, cycle, undefined, Symbol('x'), () => 1, { toJSON: () => undefined }]) {
    const event = new Event(value);
    expect(failure(() => event.toRaw())).toMatchObject({ kind: 'Serialization', code: 'EBUS_SERIALIZATION' });
  }
});

test('an event is known by its mark, in any copy of the package', () => {
  expect(isEvent(new Event(1))).toBe(true);
  expect(isEvent({ value: 1 })).toBe(false);
  expect(isEvent({ [Symbol.for('meshbus.Event')]: true })).toBe(true);
});
