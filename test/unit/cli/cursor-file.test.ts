// The file that keeps a cursor: whole at any moment, and honest about what it cannot do.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CursorFile } from '../../../src/cli/read/cursor-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-cursor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('no file and an empty one say nothing; what was saved is read again', async () => {
  const path = join(folder, 'a #1%41 ü');
  expect(await new CursorFile(path).load()).toBeUndefined();
  writeFileSync(path, '\n');
  expect(await new CursorFile(path).load()).toBeUndefined();
  await new CursorFile(path).save('CURSOR');
  expect(readFileSync(path, 'utf8')).toBe('CURSOR\n');
  expect(await new CursorFile(path).load()).toBe('CURSOR');
});

test('leaves nothing beside the file', async () => {
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  const file = new CursorFile(join(inner, 'c'));
  for (const cursor of ['1', '2', '2', '3']) await file.save(cursor);
  expect(readdirSync(inner)).toEqual(['c']);
});

test('replaces what a link points to, not the link', async () => {
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  writeFileSync(target, 'old\n');
  symlinkSync(target, link);
  await new CursorFile(link).save('new');
  expect(readFileSync(target, 'utf8')).toBe('new\n');
});

test('says which file it could not read or write, and leaves the old cursor', async () => {
  const path = join(folder, 'none', 'c');
  await expect(new CursorFile(path).save('x')).rejects.toThrow(`the cursor file ${path} can't be written`);
  expect(existsSync(path)).toBe(false);
  await expect(new CursorFile(folder).load()).rejects.toThrow("can't be read");
});
