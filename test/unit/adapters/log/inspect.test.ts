// The inspection of a log: what it finds, and that a repair loses no byte.
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectLog } from '../../../../src/adapters/log/inspect.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { allTexts, close, freshFolder, numbered, open, put, signal } from './driver.ts';

async function written(): Promise<string> {
  const folder = freshFolder();
  const adapter = await open(folder, { segmentBytes: 4096 });
  const maker = new BatchMaker();
  for (let nth = 0; nth < 20; nth += 1) await put(adapter, maker.batch(0, numbered(10 * nth, 10, 50)));
  await close(adapter);
  return folder;
}

function segments(folder: string): string[] {
  return readdirSync(join(folder, 'shard-0'))
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(folder, 'shard-0', name));
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 4;
  writeFileSync(path, bytes);
}

test('a whole log has no faults, nor has a folder without one', async () => {
  expect(await inspectLog(await written(), { repair: false, signal })).toEqual([]);
});

test('damage is told with file and offset; a repair keeps a copy, and the rest can be read', async () => {
  const folder = await written();
  const [, path] = segments(folder) as [string, string];
  flip(path, 2000);
  const damaged = readFileSync(path);
  const found = await inspectLog(folder, { repair: false, signal });
  expect(found).toMatchObject([
    { weight: 'fault', what: expect.stringContaining(`${JSON.stringify(path)} at offset `) },
  ]);
  expect(readFileSync(path)).toEqual(damaged);
  const repaired = await inspectLog(folder, { repair: true, signal });
  expect(repaired).toMatchObject([{ weight: 'fault', remedy: expect.stringContaining('aside') }]);
  const [copy] = readdirSync(join(folder, 'aside')) as [string];
  expect(readFileSync(join(folder, 'aside', copy))).toEqual(damaged);
  expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'note' }]);
  const adapter = await open(folder, { segmentBytes: 4096 });
  const all = numbered(0, 200, 50);
  const rest = await allTexts(adapter);
  expect(rest).toEqual(all.filter((each) => rest.includes(each)));
  expect(rest.length).toBeGreaterThan(100);
  expect(rest.at(-1)).toBe(all.at(-1));
});

test('damage in the last file within what its index describes is a fault, bytes behind it are a note', async () => {
  const folder = await written();
  const last = segments(folder).at(-1) as string;
  writeFileSync(last, 'half an entry', { flag: 'a' });
  expect(await inspectLog(folder, { repair: true, signal })).toMatchObject([{ weight: 'note' }]);
  flip(last, 100);
  expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'fault' }]);
  truncateSync(last, 50);
  expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'fault' }]);
});

test('a log that is open for writing is not repaired', async () => {
  const folder = await written();
  await open(folder);
  expect(await inspectLog(folder, { repair: false, signal })).toEqual([]);
  await expect(inspectLog(folder, { repair: true, signal })).rejects.toMatchObject({ kind: 'Connection' });
});
