// An event as bytes: never parsed nor changed, its own, and with a hash that stays true.
import { expect, test, vi } from 'vitest';
import { RawEvent, rawContent } from '../../../src/event/raw-event.ts';
import { hashBytes } from '../../../src/kernel/hasher.ts';
import { failure } from '../../support/failure.ts';

const SERIALIZATION = { name: 'IngestionError', kind: 'Serialization' };

test('bytes are copied on the way in and on the way out', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const raw = RawEvent.fromBytes(bytes);
  bytes.fill(9);
  raw.bytes.fill(8);
  expect(raw.bytes).toEqual(Uint8Array.of(1, 2, 3));
  expect(raw.bytes.buffer.byteLength).toBe(3);
});

test('bytes of every kind are taken: views, buffers, shared and resizable memory', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  const resizable = new Uint8Array(Reflect.construct(ArrayBuffer, [3, { maxByteLength: 9 }]) as ArrayBuffer);
  resizable.set([1, 2, 3]);
  const view = Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4);
  for (const bytes of [shared, resizable, view, Buffer.from([1, 2, 3])]) {
    const raw = RawEvent.fromBytes(bytes);
    expect(raw.bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(raw.bytes.buffer).toBeInstanceOf(ArrayBuffer);
    expect(raw.hash).toBe(hashBytes(Uint8Array.of(1, 2, 3)));
  }
});

test('the hash is XXH64 of the bytes, or the one that was given', () => {
  expect(RawEvent.fromString('abc').hash).toBe(0x44bc2cf5ad770999n);
  expect(RawEvent.fromBytes(new Uint8Array(0)).hash).toBe(0xef46db3751d8e999n);
  for (const hash of [0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    expect(RawEvent.fromBytesWithHash(Uint8Array.of(1), hash).hash).toBe(hash);
  }
  const long = new Uint8Array(3_000_000).fill(7);
  expect(RawEvent.fromBytes(long).hash).toBe(hashBytes(long));
});

test('a hash that is no unsigned 64-bit number is refused', () => {
  for (const hash of [-1n, 2n ** 64n, 5, '5', undefined]) {
    expect(failure(() => RawEvent.fromBytesWithHash(Uint8Array.of(1), hash as never))).toMatchObject(SERIALIZATION);
  }
});

test('validated bytes are JSON in UTF-8, and stay as they were written', () => {
  for (const text of ['{"a" : 1.0,"a":2}', 'null', ' 1 ', '"ü😀"']) {
    expect(Buffer.from(RawEvent.fromBytesValidated(Buffer.from(text)).bytes).toString()).toBe(text);
  }
  for (const bytes of [Buffer.from(''), Buffer.from('{'), Buffer.from('\ufeff{}'), Buffer.from([0x22, 0xff, 0x22])]) {
    expect(failure(() => RawEvent.fromBytesValidated(bytes))).toMatchObject(SERIALIZATION);
  }
});

test('text becomes UTF-8; a lone surrogate has none', () => {
  for (const text of ['', 'a', 'ü€😀', '\0', '\ufeff']) {
    expect(RawEvent.fromString(text).bytes).toEqual(new Uint8Array(Buffer.from(text)));
  }
  for (const text of ['\ud800', 'a\udc00b', '😀'.slice(1)]) {
    expect(failure(() => RawEvent.fromString(text))).toMatchObject(SERIALIZATION);
  }
});

test('a value becomes JSON text; bytes and a RawEvent are no value', () => {
  expect(Buffer.from(RawEvent.fromValue({ a: [1, '\ud800'] }).bytes).toString()).toBe('{"a":[1,"\\ud800"]}');
  const bytes = [
    Buffer.from('x'),
    new Uint8Array(1),
    new ArrayBuffer(1),
    new SharedArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
  ];
  for (const value of [...bytes, RawEvent.fromString('x'), undefined, 1n, () => 1]) {
    expect(failure(() => RawEvent.fromValue(value))).toMatchObject(SERIALIZATION);
  }
});

test('what is no Uint8Array is refused by name', () => {
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const value of [
    'x',
    5,
    null,
    undefined,
    {},
    [1],
    new Uint16Array(1),
    new ArrayBuffer(1),
    new Proxy(new Uint8Array(1), {}),
  ]) {
    expect(failure(() => RawEvent.fromBytes(value as never))).toMatchObject(SERIALIZATION);
  }
  expect(failure(() => RawEvent.fromBytes(detached))).toMatchObject(SERIALIZATION);
});

test('whatever a toJSON throws, the error is a Serialization error', () => {
  const hostile = new Error('x');
  Object.defineProperty(hostile, 'message', {
    get() {
      throw new Error('no message for you');
    },
  });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const thrown of [
    hostile,
    proxy,
    null,
    undefined,
    'text',
    { message: 5 },
    Object.assign(new Error(), { message: 5 }),
  ]) {
    const value = {
      toJSON() {
        throw thrown;
      },
    };
    expect(failure(() => RawEvent.fromValue(value))).toMatchObject(SERIALIZATION);
  }
});

test('a RawEvent of another copy of the package has the same content', async () => {
  vi.resetModules();
  const other = (await import('../../../src/event/raw-event.ts')) as typeof import('../../../src/event/raw-event.ts');
  expect(other.RawEvent).not.toBe(RawEvent);
  const raw = other.RawEvent.fromBytesWithHash(Buffer.from('x'), 7n);
  expect(rawContent(raw)).toMatchObject({ low: 7, high: 0, hashed: true });
  expect(failure(() => RawEvent.fromValue(raw))).toMatchObject(SERIALIZATION);
});

test('inspection and JSON show size and hash, no bytes', () => {
  expect(JSON.stringify(RawEvent.fromString('abc'))).toBe('{"bytes":3,"hash":"44bc2cf5ad770999"}');
});
