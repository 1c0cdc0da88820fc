// The files that `ingest` reads, looked at before anything is opened for writing: a name that is wrong must not leave
// half of the work done. Hop after: the line splitter.
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Host } from '../host.ts';
import { printable } from '../text.ts';

const CHUNK_BYTES = 512 * 1024;

export interface Input {
  /** As it stands in messages about its lines. */
  readonly name: string;
  /** Undefined for what has no known end. */
  readonly bytes: number | undefined;
  open(): Readable;
}

/** @throws Error that names the first file that can't be read */
export async function inputsOf(files: readonly string[], host: Host): Promise<readonly Input[]> {
  const names = files.length === 0 ? ['-'] : files;
  return Promise.all(names.map((name) => (name === '-' ? stdinOf(host) : fileOf(name))));
}

function stdinOf(host: Host): Input {
  return { name: 'stdin', bytes: undefined, open: () => host.stdin };
}

async function fileOf(path: string): Promise<Input> {
  const name = printable(path);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('it is a directory');
    await access(path, constants.R_OK);
    const bytes = found.isFile() ? found.size : undefined;
    return { name, bytes, open: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) };
  } catch (cause) {
    throw new Error(`${name} can't be read`, { cause });
  }
}
