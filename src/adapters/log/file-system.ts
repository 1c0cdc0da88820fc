// What the log needs of a file system. The real one is node-file-system.ts; the tests have one that fails, tears and
// forgets. Invariant: every call that fails rejects with an error that has a `code`, as those of node:fs do.

/** An open file. Calls may overlap. */
export interface OpenFile {
  /** Reads up to `length` bytes to the front of `target`; fewer at the end of the file only. Resolves to their count. */
  read(target: Uint8Array, length: number, position: number): Promise<number>;
  /** Writes the buffers behind one another, perhaps not to their end. Resolves to the count of bytes. */
  write(buffers: readonly Uint8Array[], position: number): Promise<number>;
  truncate(bytes: number): Promise<void>;
  /** Resolves when the bytes and the length of the file are on disk (`fdatasync`). */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** `read`: an existing file. `write`: an existing file, to read and write. `create`: a file that must not exist yet. */
export type OpenMode = 'read' | 'write' | 'create';

export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** The names in a folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a folder and those above it; one that exists is fine. */
  makeFolder(folder: string): Promise<void>;
  /** Resolves when the names in a folder are on disk. */
  syncFolder(folder: string): Promise<void>;
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Calls after something in a folder has changed, perhaps; returns how to stop. Never throws, and may never call. */
  watch(folder: string, call: () => void): () => void;
}

/** The `code` of an error of a file system; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** The bytes of a file; undefined when there is none. `most` bounds what is read. */
export async function readWhole(files: FileSystem, path: string, most: number): Promise<Buffer | undefined> {
  let file: OpenFile;
  try {
    file = await files.open(path, 'read');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const length = Math.min(await file.size(), most);
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, await file.read(bytes, length, 0));
  } finally {
    await file.close();
  }
}

/** How a small file is put in place. */
export interface ReplaceOptions {
  /** Resolve only when bytes and name are on disk. */
  readonly durable: boolean;
}

/** Puts a file in place of another, whole or not at all. */
export async function replaceFile(
  files: FileSystem,
  path: string,
  bytes: Uint8Array,
  { durable }: ReplaceOptions,
): Promise<void> {
  const draft = `${path}.draft`;
  await unlinkIfThere(files, draft);
  const file = await files.open(draft, 'create');
  try {
    await writeAll(file, [bytes], 0);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(draft, path);
  if (durable) await files.syncFolder(folderOf(path));
}

/** Removes a file; none is fine. */
export async function unlinkIfThere(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Some bytes were written before a write failed. */
export class PartialWrite extends Error {
  override readonly name = 'PartialWrite';
  readonly written: number;

  constructor(written: number, cause: unknown) {
    super(`a write failed after ${written} bytes`, { cause });
    this.written = written;
  }
}

/** Writes all bytes of the buffers. @throws PartialWrite */
export async function writeAll(file: OpenFile, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let rest: readonly Uint8Array[] = buffers.filter((each) => each.length > 0);
  let written = 0;
  while (rest.length > 0) {
    let step: number;
    try {
      step = await file.write(rest, position + written);
      if (step === 0) throw Object.assign(new Error('the disk took nothing'), { code: 'ENOSPC' });
    } catch (error) {
      throw new PartialWrite(written, error);
    }
    written += step;
    rest = afterBytes(rest, step);
  }
}

function afterBytes(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count;
  for (let nth = 0; nth < buffers.length; nth += 1) {
    const buffer = buffers[nth] as Uint8Array;
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(nth + 1)];
    left -= buffer.length;
  }
  return [];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')));
}
