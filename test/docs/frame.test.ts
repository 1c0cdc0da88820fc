// docs/reference/frame.md tells how a frame is laid out: the constants of the code, and enough to read one.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import * as record from '../../kernel/layout.ts';
import { FrameBatch } from '../../src/frame/batch.ts';
import * as frame from '../../src/frame/layout.ts';
import { BatchMaker } from '../../src/testing/batch-maker.ts';
import { bare, type Row, tableRows } from './support/markdown-table.ts';

const constants: Record<string, unknown> = { ...frame, ...record };
const rows = tableRows('docs/reference/frame.md');
const header = rows.filter((row) => row.section === 'Header');
const fields = rows.filter((row) => row.section === 'Record');

/** Reads a field where the page says that it lies. */
function readField(bytes: Buffer, table: Row[], name: string, from = 0): number {
  const row = table.find((each) => each.Field === name);
  const at = from + Number(row?.Offset);
  const width = Number(row?.Bytes);
  return width === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, width);
}

test('the page names each constant of the layout with its offset', () => {
  const named = rows.filter((row) => row.Constant !== '').map((row) => [bare(row.Constant), Number(row.Offset)]);
  for (const [name, offset] of named) expect([name, constants[String(name)]]).toEqual([name, offset]);
  const offsets = Object.keys(frame).filter((name) => name.startsWith('AT_'));
  const ofRecord = Object.keys(record).filter((name) => /^RECORD_(?!HEADER_BYTES)/.test(name));
  expect(named.map(([name]) => name).sort()).toEqual([...offsets, ...ofRecord].sort());
});

test.each([
  ['header', header, frame.FRAME_HEADER_BYTES],
  ['record', fields, record.RECORD_HEADER_BYTES],
])('the fields of the %s follow one another without a hole', (_name, table, end) => {
  let at = 0;
  for (const row of table) {
    expect([row.Field, Number(row.Offset)]).toEqual([row.Field, at]);
    at += Number(row.Bytes);
  }
  expect(at).toBe(end);
});

test('the page tells magic, version and limits of the code', () => {
  const text = readFileSync('docs/reference/frame.md', 'utf8');
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(frame.FRAME_MAGIC);
  expect(text).toContain(`The bytes \`${magic.toString('latin1')}\``);
  expect(text).toContain(`describes version ${frame.FRAME_VERSION};`);
  expect(text).toContain(`at most ${frame.MAX_PRODUCER_BYTES}.`);
  expect(text).toContain(`at most ${record.MAX_META_BYTES.toLocaleString('en-US')}.`);
  expect(text).toContain(`${record.HAS_KEY}: there is a key. ${record.HAS_HEADERS}: there are headers.`);
});

test('a frame read by the page alone has the events that went in', () => {
  const maker = new BatchMaker({ producer: 'p-1' });
  maker.batch(3, ['earlier']);
  const batch = maker.batch(3, ['first', { bytes: 'second', key: 'k', headers: { a: 'b' } }]);
  const bytes = Buffer.from(batch.frame);
  const { length } = bytes;
  expect(readField(bytes, header, 'shard')).toBe(3);
  expect(readField(bytes, header, 'count')).toBe(2);
  expect(readField(bytes, header, 'first sequence')).toBe(1);
  expect(readField(bytes, header, 'lost before')).toBe(0);
  expect(bytes.toString('utf8', 56, 56 + readField(bytes, header, 'producer bytes'))).toBe('p-1');
  const start = readField(bytes, header, 'header bytes');
  expect(start + readField(bytes, header, 'record bytes')).toBe(length);
  const checksum = readField(bytes, header, 'checksum');
  bytes.writeUInt32LE(0, frame.AT_CHECKSUM);
  expect(crc32(bytes)).toBe(checksum);
  expect(payloads(bytes, start)).toEqual(['first', 'second']);
  expect(FrameBatch.parse(new Uint8Array(batch.frame)).count).toBe(2);
});

function payloads(bytes: Buffer, start: number): string[] {
  const found: string[] = [];
  for (let at = start; at < bytes.length; ) {
    const payload = at + 32 + readField(bytes, fields, 'meta bytes', at);
    const end = payload + readField(bytes, fields, 'payload bytes', at);
    found.push(bytes.toString('utf8', payload, end));
    at = Math.ceil(end / 8) * 8;
  }
  return found;
}
