// Keeps a cursor in a file between calls. Invariant: the file holds the old cursor or the new one, whole, at any
// moment, also after a crash; it is written by its owner alone, and a link is followed to where it points.
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printable } from '../text.ts';

export class CursorFile {
  readonly #path: string;
  #saved: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The cursor in the file; undefined when there is no file yet, or an empty one. @throws Error when it can't be read */
  async load(): Promise<string | undefined> {
    try {
      const text = (await readFile(this.#path, 'utf8')).trim();
      this.#saved = text === '' ? undefined : text;
      return this.#saved;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`the cursor file ${printable(this.#path)} can't be read`, { cause });
    }
  }

  /** Puts a cursor in place of the last one. @throws Error when it can't be written; the file is then as it was */
  async save(cursor: string): Promise<void> {
    if (cursor === this.#saved) return;
    try {
      await replaceFile(await targetOf(this.#path), `${cursor}\n`);
    } catch (cause) {
      throw new Error(`the cursor file ${printable(this.#path)} can't be written`, { cause });
    }
    this.#saved = cursor;
  }
}

async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The new name is durable only with its folder. Some systems can't open one: then the rename has to do. */
async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, 'r');
  } catch {
    return;
  }
  try {
    await handle.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'EISDIR') throw error;
  } finally {
    await handle.close();
  }
}
