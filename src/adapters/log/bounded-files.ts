// A file system that has few descriptors open at once, whoever asks. Invariant: a slot is taken before a file or folder is
// opened and given back once it is closed; those who wait are served in the order in which they came.
import type { FileSystem, OpenFile } from './file-system.ts';

/** Bounds the open files of another file system. */
export function boundedFiles(files: FileSystem, most: number): FileSystem {
  const slots = new Slots(most);
  return {
    open: async (path, mode) => {
      await slots.take();
      try {
        return releasing(await files.open(path, mode), () => slots.give());
      } catch (error) {
        slots.give();
        throw error;
      }
    },
    list: (folder) => slots.during(() => files.list(folder)),
    syncFolder: (folder) => slots.during(() => files.syncFolder(folder)),
    makeFolder: (folder) => files.makeFolder(folder),
    rename: (from, to) => files.rename(from, to),
    unlink: (path) => files.unlink(path),
    watch: (folder, call) => files.watch(folder, call),
  };
}

function releasing(file: OpenFile, onClosed: () => void): OpenFile {
  const close = file.close.bind(file);
  file.close = () => close().finally(onClosed);
  return file;
}

class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await work();
    } finally {
      this.give();
    }
  }
}
