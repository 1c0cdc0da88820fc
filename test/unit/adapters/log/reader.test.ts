// Readers beside a writer: they follow it across segments and retention, change nothing, and wait for half an entry.
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BatchMaker, within } from '../../../../src/testing/index.ts';
import { allTexts, close, freshFolder, numbered, open, poll, put, signal, texts } from './driver.ts';

test('sees what was written before and what is written later, across segments', async () => {
  const folder = freshFolder();
  const writer = await open(folder, { segmentBytes: 4096 });
  const maker = new BatchMaker();
  await put(writer, maker.batch(0, numbered(0, 10, 50)));
  const reader = await open(folder, { readOnly: true });
  let after: string | undefined;
  const seen: string[] = [];
  for (let nth = 1; nth < 30; nth += 1) {
    const page = await poll(reader, 0, { after });
    seen.push(...texts(page));
    after = page.next;
    await put(writer, maker.batch(0, numbered(10 * nth, 10, 50)));
  }
  seen.push(...texts(await poll(reader, 0, { after })));
  expect(seen).toEqual(numbered(0, 300, 50));
});

test('sees a shard that was made later, a sealed shard, and the tail', async () => {
  const folder = freshFolder();
  const writer = await open(folder);
  const reader = await open(folder, { readOnly: true });
  expect(await poll(reader, 3)).toMatchObject({ records: [], hasMore: false });
  expect(await reader.tail(3, { signal })).toBeUndefined();
  await put(writer, new BatchMaker().batch(3, ['a']));
  expect(texts(await poll(reader, 3))).toEqual(['a']);
  expect(await reader.tail(3, { signal })).toBe(await writer.tail(3, { signal }));
  await writer.sealShard?.(3);
  expect((await poll(reader, 3)).sealed).toBe(true);
  expect(await reader.listShards?.()).toMatchObject([{ shard: 3, sealed: true, events: 1 }]);
});

test('half an entry at the end is no error, and is read once it is whole', async () => {
  const folder = freshFolder();
  const other = freshFolder();
  const writer = await open(folder);
  const maker = new BatchMaker();
  await put(writer, maker.batch(0, ['a']));
  const path = join(folder, 'shard-0', '0000000000000000.seg');
  const before = statSync(path).size;
  await put(writer, maker.batch(0, ['b']));
  await close(writer);
  const whole = readFileSync(path);
  await put(await open(other), maker.batch(0, ['c']));
  for (let cut = before; cut < whole.length; cut += 9) {
    writeFileSync(path, whole.subarray(0, cut));
    const reader = await open(folder, { readOnly: true });
    expect(texts(await poll(reader))).toEqual(['a']);
    appendFileSync(path, whole.subarray(cut));
    expect(texts(await poll(reader))).toEqual(['a', 'b']);
    await close(reader);
  }
});

test('C8 wakes its watchers after another opening of the log has written', async () => {
  const folder = freshFolder();
  const writer = await open(folder);
  const maker = new BatchMaker();
  await put(writer, maker.batch(0, ['a']));
  const reader = await open(folder, { readOnly: true });
  const woken: number[] = [];
  const stop = reader.watch?.((shard) => woken.push(shard));
  await put(writer, maker.batch(0, ['b']));
  await within(5000, () => woken.includes(0));
  await put(writer, maker.batch(5, ['c']));
  await within(5000, () => woken.includes(5));
  expect(texts(await poll(reader, 5))).toEqual(['c']);
  stop?.();
  const count = woken.length;
  await put(writer, maker.batch(0, ['d']));
  expect(woken.length).toBe(count);
});

test('C5 is told of what retention took while it was away, and goes on', async () => {
  const folder = freshFolder();
  const writer = await open(folder, { segmentBytes: 4096, maxBytes: 12_000 });
  const maker = new BatchMaker();
  await put(writer, maker.batch(0, numbered(0, 10, 50)));
  const reader = await open(folder, { readOnly: true });
  const first = await poll(reader, 0, { limit: 5 });
  for (let nth = 1; nth < 60; nth += 1) await put(writer, maker.batch(0, numbered(10 * nth, 10, 50)));
  let { next: after } = first;
  let known = texts(first).length;
  for (let hasMore = true; hasMore; ) {
    const page = await poll(reader, 0, { after });
    known += (page.gap?.count ?? 0) + page.records.length;
    if (page.gap !== undefined) expect(page.gap).toMatchObject({ reason: 'trimmed' });
    ({ hasMore, next: after } = page);
  }
  expect(known).toBe(600);
  expect((await allTexts(reader)).at(-1)).toBe(numbered(599, 1, 50)[0]);
  expect((await allTexts(reader)).length).toBeLessThan(300);
});

test('changes nothing in the folder', async () => {
  const folder = freshFolder();
  const writer = await open(folder, { segmentBytes: 4096 });
  const maker = new BatchMaker();
  for (let nth = 0; nth < 30; nth += 1) await put(writer, maker.batch(nth % 3, numbered(10 * nth, 10, 50)));
  await close(writer);
  const before = snapshot(folder);
  const reader = await open(folder, { readOnly: true });
  for (const shard of [0, 1, 2]) await allTexts(reader, shard);
  await expect(put(reader, maker.batch(0, ['x']))).rejects.toMatchObject({ kind: 'Fatal' });
  await expect(reader.sealShard?.(0)).rejects.toMatchObject({ kind: 'Fatal' });
  await reader.flush({ signal });
  await close(reader);
  expect(snapshot(folder)).toEqual(before);
});

function snapshot(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const { mtimeMs, size } = statSync(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}
