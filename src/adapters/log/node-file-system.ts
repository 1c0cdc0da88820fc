// The file system of the process. Invariant: plain descriptors and callbacks, since the promises of node:fs cost several
// times as much for each call; nothing here decides anything.
import {
  close,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  mkdir,
  open,
  read,
  readdir,
  rename,
  unlink,
  watch,
  writev,
} from 'node:fs';
import { promisify } from 'node:util';
import { codeOf, type FileSystem, type OpenFile, type OpenMode } from './file-system.ts';

const FLAGS: Readonly<Record<OpenMode, string>> = { read: 'r', write: 'r+', create: 'wx+' };
/** What some systems answer to a sync of a folder: they have none, or need none. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);

export const nodeFileSystem: FileSystem = {
  open: async (path, mode) => new NodeFile(await openFile(path, FLAGS[mode], 0o666)),
  list: promisify(readdir) as (folder: string) => Promise<string[]>,
  makeFolder: async (folder) => {
    await promisify(mkdir)(folder, { recursive: true });
  },
  syncFolder,
  rename: promisify(rename),
  unlink: promisify(unlink),
  watch: watchFolder,
};

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(target: Uint8Array, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const step = (done: number): void => {
        read(this.#descriptor, target, done, length - done, position + done, (error, count) => {
          if (error !== null) reject(error);
          else if (count === 0 || done + count === length) resolve(done + count);
          else step(done + count);
        });
      };
      step(0);
    });
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#descriptor, buffers as Uint8Array[], position, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  }

  truncate(bytes: number): Promise<void> {
    return promisify(ftruncate)(this.#descriptor, bytes);
  }

  sync(): Promise<void> {
    return promisify(fdatasync)(this.#descriptor);
  }

  async size(): Promise<number> {
    return (await promisify(fstat)(this.#descriptor)).size;
  }

  close(): Promise<void> {
    return closeFile(this.#descriptor);
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // It opens no folders, and journals names itself.
  const descriptor = await openFile(folder, 'r');
  try {
    await syncFile(descriptor);
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error))) throw error;
  } finally {
    await closeFile(descriptor);
  }
}

function watchFolder(folder: string, call: () => void): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, call);
    watcher.on('error', () => watcher.close()); // Who watches also looks from time to time.
    return () => watcher.close();
  } catch {
    return () => undefined; // A system without notifications, or with too many.
  }
}
