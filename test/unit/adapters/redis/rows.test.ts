// Rows of a batch, read back as the script reads them: any payloads, keys, headers, stamps, hashes and sequences.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '../../../../src/adapter/contract.ts';
import { mostRowBytes, RowEncoder } from '../../../../src/adapters/redis/row-encoder.ts';
import { FrameBatch } from '../../../../src/frame/batch.ts';
import { BatchMaker, type SampleEvent } from '../../../../src/testing/index.ts';
import { seedOf } from '../../../support/seed.ts';

interface Row {
  readonly payload: string;
  readonly time: string;
  readonly sequence: string;
  readonly hash: string;
  readonly key: string | undefined;
  readonly headers: unknown;
}

/** Reads as the script does. */
function readRows(bytes: Buffer, count: number): Row[] {
  const rows: Row[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  for (let nth = 0; nth < count; nth += 1) {
    const flags = take(1).readUInt8();
    const payload = take(take(4).readUInt32BE()).toString('hex');
    const time = take(take(1).readUInt8()).toString();
    const sequence = take(take(1).readUInt8()).toString();
    const hash = take(16).toString();
    const key = (flags & 1) === 0 ? undefined : take(take(2).readUInt16BE()).toString();
    const headers = (flags & 2) === 0 ? undefined : JSON.parse(take(take(4).readUInt32BE()).toString());
    rows.push({ payload, time, sequence, hash, key, headers });
  }
  expect(at).toBe(bytes.length);
  return rows;
}

function expected(batch: Batch): Row[] {
  return [...batch].map((event) => ({
    payload: Buffer.from(event.bytes).toString('hex'),
    time: String(event.timestampNs).padStart(9, '0'),
    sequence: String(event.sequence),
    hash: event.hash.toString(16).padStart(16, '0'),
    key: event.key,
    headers: event.headers === undefined ? undefined : { ...event.headers },
  }));
}

const texts = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed());
const events = fc.array(
  fc.record(
    {
      bytes: fc.uint8Array({ maxLength: 600 }),
      key: texts,
      headers: fc.dictionary(
        texts.filter((name) => name !== '__proto__'),
        texts,
        { maxKeys: 4 },
      ),
      hash: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    },
    { requiredKeys: ['bytes', 'hash'] },
  ),
  { minLength: 1, maxLength: 30 },
);

test('I2 rows hold what the batch holds', () => {
  const encoder = new RowEncoder();
  const stamps = fc.bigInt({ min: 0n, max: 2n ** 63n - 100n });
  const run = (list: SampleEvent[], firstTimestampNs: bigint, before: number): void => {
    const maker = new BatchMaker({ firstTimestampNs, producer: 'aa-01' });
    maker.lose(7, before);
    const batch = maker.batch(7, list);
    const rows = encoder.encode(batch);
    expect(readRows(rows, batch.count)).toEqual(expected(batch));
    expect(rows.length).toBeLessThanOrEqual(mostRowBytes(batch.records.length));
  };
  fc.assert(fc.property(events, stamps, fc.nat(1_000_000), run), { seed: seedOf('rows'), numRuns: 300 });
});

test('a long batch has room for its rows, and not for much more', () => {
  const headers = { trace: '\u0001"'.repeat(40) };
  const list = Array.from({ length: 300 }, (_, nth) => ({
    bytes: Buffer.alloc(4001, nth),
    key: `key ${nth}`,
    headers,
  }));
  const batch = new BatchMaker({ producer: 'aa-01' }).batch(0, list);
  const rows = new RowEncoder().encode(batch);
  expect(readRows(rows, batch.count)).toEqual(expected(batch));
  expect(rows.buffer.byteLength).toBeLessThan(1.5 * batch.records.length);
});

test.each([0, 8, 9, 98, 99, 999, 9_999_999_999, 2 ** 53 - 20])('D3 sequences count on from %i', (before) => {
  const maker = new BatchMaker({ producer: 'aa-01' });
  maker.lose(0, before);
  const batch = maker.batch(0, ['a', 'b', 'c']);
  const sequences = readRows(new RowEncoder().encode(batch), 3).map(({ sequence }) => sequence);
  expect(sequences).toEqual([before, before + 1, before + 2].map(String));
});

test('a frame that came from elsewhere gives the same rows', () => {
  const batch = new BatchMaker().batch(0, [{ bytes: 'x', key: 'k', headers: { a: 'b' } }]);
  const parsed = FrameBatch.parse(batch.frame);
  expect(new RowEncoder().encode(parsed)).toEqual(new RowEncoder().encode(batch));
});

test.each([999_999_998n, 9_999_999_998n, 1_699_999_999_999_999_998n, 2n ** 63n - 10n])(
  'stamps count on from %i, over the end of a second',
  (firstTimestampNs) => {
    const batch = new BatchMaker({ producer: 'aa-01', firstTimestampNs }).batch(0, ['a', 'b', 'c', 'd']);
    expect(readRows(new RowEncoder().encode(batch), 4)).toEqual(expected(batch));
  },
);
