// The staging area: exactly what it was given, and nothing written beside it.
import { expect, test } from 'vitest';
import { HAS_HEADERS, HAS_KEY, MAX_META_BYTES } from '../../../kernel/layout.ts';
import { Stage, TOO_LONG, UNREADABLE } from '../../../src/kernel/stage.ts';

const AT = 70_000;
const LIMIT = 64;

function openStage(): { stage: Stage; memory: Uint8Array } {
  const memory = new Uint8Array(new SharedArrayBuffer(AT + LIMIT + 64)).fill(0xee);
  return { memory, stage: new Stage(memory, AT, LIMIT) };
}

function staged(memory: Uint8Array, length: number): string {
  return Buffer.from(memory.slice(AT, AT + length)).toString();
}

test('text and bytes up to the limit lie at the same address', () => {
  const { stage, memory } = openStage();
  expect(stage.setText('x'.repeat(LIMIT))).toBe(LIMIT);
  expect(stage.setBytes(Buffer.from('abc'))).toBe(3);
  expect(staged(memory, 4)).toBe('abcx');
  expect(stage.setBytes(new Uint8Array(LIMIT))).toBe(LIMIT);
});

test('what is longer by one byte is refused, and nothing beside the area is written', () => {
  const { stage, memory } = openStage();
  expect(stage.setText('x'.repeat(LIMIT + 1))).toBe(TOO_LONG);
  expect(stage.setText(`${'x'.repeat(LIMIT - 2)}€`)).toBe(TOO_LONG);
  expect(stage.setText('€'.repeat(LIMIT))).toBe(TOO_LONG);
  expect(stage.setText(`${'x'.repeat(LIMIT - 3)}😀`)).toBe(TOO_LONG);
  expect(stage.setBytes(new Uint8Array(LIMIT + 1))).toBe(TOO_LONG);
  expect(memory.slice(AT + LIMIT).every((byte) => byte === 0xee)).toBe(true);
  expect(memory.slice(0, AT).every((byte) => byte === 0xee)).toBe(true);
});

test('an array that lies about its length writes nothing beside the area', () => {
  const { stage, memory } = openStage();
  for (const length of [5, -1, Number.NaN, 1.5, '5', 5n, null, {}]) {
    const liar = new Uint8Array(10_000);
    Object.defineProperty(liar, 'length', { value: length });
    expect(stage.setBytes(liar)).toBe(UNREADABLE);
  }
  expect(memory.slice(AT + LIMIT).every((byte) => byte === 0xee)).toBe(true);
});

test('an array whose buffer was transferred, and what is no array, are unreadable', () => {
  const { stage } = openStage();
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  expect(stage.setBytes(bytes)).toBe(UNREADABLE);
  for (const value of [undefined, null]) expect(stage.setBytes(value as never)).toBe(UNREADABLE);
});

test('a key lies right before the payload, short or long, ASCII or not', () => {
  const { stage, memory } = openStage();
  for (const key of [
    '',
    'k',
    'session-1',
    'ü',
    'k'.repeat(64),
    'k'.repeat(65),
    '日本'.repeat(40),
    '\0',
    '\u007f\u0080',
  ]) {
    expect(stage.setMeta(key, undefined)).toBe(true);
    const bytes = Buffer.from(key);
    expect([stage.meta, stage.flags]).toEqual([bytes.length + 2, HAS_KEY]);
    const meta = Buffer.from(memory.slice(AT - stage.meta, AT));
    expect(meta.readUInt16LE(0)).toBe(bytes.length);
    expect(meta.subarray(2)).toEqual(bytes);
  }
});

test('I2 key and headers of 65,535 bytes, two for each length, are taken; one more is refused', () => {
  const { stage } = openStage();
  expect(stage.setMeta('k'.repeat(MAX_META_BYTES - 2), undefined)).toBe(true);
  expect(stage.meta).toBe(MAX_META_BYTES);
  expect(stage.setMeta('k'.repeat(MAX_META_BYTES - 1), undefined)).toBe(false);
  const rest = MAX_META_BYTES - 2 - 1 - 2 - 4 - 2;
  expect(stage.setMeta('k', ['name', 'v'.repeat(rest)])).toBe(true);
  expect([stage.meta, stage.flags]).toEqual([MAX_META_BYTES, HAS_KEY | HAS_HEADERS]);
  expect(stage.setMeta('k', ['name', 'v'.repeat(rest + 1)])).toBe(false);
  expect(stage.setMeta('ü'.repeat(MAX_META_BYTES / 2), undefined)).toBe(false);
});

test('what was saved is restored with its key and headers', () => {
  const { stage } = openStage();
  stage.setMeta('key', ['a', 'b']);
  const length = stage.setText('payload');
  const { meta, flags } = stage;
  const saved = stage.save(length);
  stage.setMeta('another key', undefined);
  stage.setText('another payload');
  stage.restore(saved, meta, flags);
  expect([stage.meta, stage.flags]).toEqual([meta, flags]);
  expect(Buffer.from(stage.save(length))).toEqual(Buffer.from(saved));
});
