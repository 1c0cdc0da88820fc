// After a flush of much, the last segment has an index, too: an opening after a crash need not read all of it.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BatchMaker, within } from '../../../../src/testing/index.ts';
import { allTexts, flush, freshFolder, open, put } from './driver.ts';

test('the index of a segment that goes on describes its front, and what follows is read again', async () => {
  const folder = freshFolder();
  const adapter = await open(folder);
  const maker = new BatchMaker();
  const large = 'x'.repeat(1_000_000);
  for (let nth = 0; nth < 10; nth += 1) await put(adapter, maker.batch(0, [large]));
  expect(indexes(folder)).toBe(0);
  await flush(adapter);
  await within(5000, () => indexes(folder) === 1);
  await put(adapter, maker.batch(0, ['behind']));
  cpSync(folder, `${folder}-crashed`, { recursive: true, filter: (path) => !/writer-/.test(path) });
  const crashed = await open(`${folder}-crashed`);
  expect((await allTexts(crashed)).map((text) => text.length)).toEqual([...Array(10).fill(1_000_000), 6]);
  await put(crashed, maker.batch(0, ['next']));
  expect((await allTexts(crashed)).at(-1)).toBe('next');
});

function indexes(folder: string): number {
  return readdirSync(join(folder, 'shard-0')).filter((name) => name.endsWith('.idx')).length;
}
