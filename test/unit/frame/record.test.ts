// One event inside a frame: read on demand, and what is handed out belongs to the caller.
import { expect, test } from 'vitest';
import { FrameBatch } from '../../../src/frame/batch.ts';
import type { FrameRecord } from '../../../src/frame/record.ts';
import { BatchMaker, type SampleEvent } from '../../../src/testing/batch-maker.ts';

function recordOf(event: SampleEvent): FrameRecord {
  const [record] = [...FrameBatch.parse(Uint8Array.from(new BatchMaker().batch(0, [event]).frame))];
  if (record === undefined) throw new Error('the batch is empty');
  return record;
}

test('bytes are a copy with a buffer of their own: changing them changes no frame', () => {
  const record = recordOf({ bytes: 'payload' });
  const { bytes } = record;
  bytes.fill(0);
  expect(bytes.buffer.byteLength).toBe(7);
  expect(Buffer.from(record.bytes).toString()).toBe('payload');
});

test('text is there for UTF-8 alone, replacement characters and marks of the payload included', () => {
  for (const text of ['', 'x', 'ü€😀', '\ufffd', 'a\ufffdb', '\ufeff{}', '\0']) {
    expect(recordOf({ bytes: text }).utf8()).toBe(text);
  }
  for (const bytes of [[0xff], [0xc3], [0x61, 0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd, 0xff], [0xc0, 0x80]]) {
    expect(recordOf({ bytes: Uint8Array.from(bytes) }).utf8()).toBeUndefined();
  }
});

test('a key and headers that are empty are told from none', () => {
  expect([recordOf({ bytes: 'x' }).key, recordOf({ bytes: 'x' }).headers]).toEqual([undefined, undefined]);
  expect(recordOf({ bytes: 'x', key: '' }).key).toBe('');
  expect(recordOf({ bytes: 'x', headers: {} }).headers).toEqual({});
  const both = recordOf({ bytes: 'x', key: 'schlüssel', headers: { größe: '2 €', '': '' } });
  expect([both.key, both.headers]).toEqual(['schlüssel', { größe: '2 €', '': '' }]);
});

test('headers named as members of Object come back as own properties, and change no prototype', () => {
  const headers = JSON.parse('{"__proto__":"x","toString":"y","constructor":"z","hasOwnProperty":"w"}');
  const read = recordOf({ bytes: 'x', headers }).headers ?? {};
  expect(Object.entries(read)).toEqual(Object.entries(headers));
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

test('a hash of all 64 bits is told exactly', () => {
  expect(recordOf({ bytes: 'x', hash: 0x8000_0000_ffff_ffffn }).hash).toBe(0x8000_0000_ffff_ffffn);
});
