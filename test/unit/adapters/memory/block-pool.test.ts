// Blocks that are used again: only those that nobody else can reach, and only for records of about their length.
import { expect, test } from 'vitest';
import { BlockPool } from '../../../../src/adapters/memory/block-pool.ts';
import { memory } from '../../../../src/adapters/memory/index.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { open, poll, put } from './driver.ts';

test('a block that was given back serves what fills it but for an eighth, once', () => {
  const pool = new BlockPool();
  const block = pool.take(9000);
  pool.give(block);
  expect(pool.take(9001)).not.toBe(block);
  expect(pool.take(7900)).not.toBe(block);
  expect(pool.take(8000)).toBe(block);
  expect(pool.take(8000)).not.toBe(block);
});

test('no more than 8 MiB and 128 blocks are kept, the newest ones', () => {
  const pool = new BlockPool();
  const large = Array.from({ length: 3 }, () => pool.take(4_000_000));
  for (const block of large) pool.give(block);
  const places = Array.from({ length: 3 }, () => large.indexOf(pool.take(4_000_000)));
  expect(places).toEqual([1, 2, -1]);
  const small = Array.from({ length: 129 }, () => pool.take(5000));
  for (const block of small) pool.give(block);
  const again = new Set(Array.from({ length: 129 }, () => pool.take(5000)));
  expect(small.map((block) => again.has(block))).toEqual(small.map((_, nth) => nth > 0));
});

test('pages that a reader keeps stay as they were while the store turns over many times', async () => {
  const adapter = await open(memory({ maxEvents: 1000 }));
  const maker = new BatchMaker();
  const kept: { readonly page: Awaited<ReturnType<typeof poll>>; readonly texts: string[] }[] = [];
  for (let nth = 0; nth < 100; nth += 1) {
    const texts = Array.from({ length: 200 }, (_, each) => `batch ${nth}, event ${each}, ${'x'.repeat(50)}`);
    await put(adapter, maker.batch(0, texts));
    if (nth % 7 !== 0) continue;
    const page = await poll(adapter, 0, { after: nth === 0 ? undefined : String(nth * 200), limit: 200 });
    kept.push({ page, texts });
  }
  for (const { page, texts } of kept) {
    expect(page.records.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(texts);
  }
});
