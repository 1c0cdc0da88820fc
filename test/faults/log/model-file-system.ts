// A file system that tears, forgets and fails. Invariant: names survive a crash once their folder was synced, and perhaps
// before; calls are counted, and the one with the planned number fails, or ends everything.
import type { FileSystem, OpenFile, OpenMode } from '../../../src/adapters/log/file-system.ts';
import { ModelFile } from './model-file.ts';

/** What happens at a call: `crash` ends this and all later ones; a code fails this one alone. */
export interface PlannedFault {
  readonly call: number;
  readonly what: 'crash' | 'EIO' | 'ENOSPC' | 'EFBIG' | 'EMFILE';
}

export class ModelFileSystem implements FileSystem {
  calls = 0;
  openFiles = 0;
  crashed = false;
  readonly #random: () => number;
  readonly #fault: PlannedFault | undefined;
  readonly #folders = new Set<string>();
  readonly #names = new Map<string, ModelFile>();
  readonly #syncedNames = new Map<string, ModelFile>();

  constructor(random: () => number, fault?: PlannedFault) {
    this.#random = random;
    this.#fault = fault;
  }

  /** The file system after the power came back. */
  afterCrash(fault?: PlannedFault): ModelFileSystem {
    const next = new ModelFileSystem(this.#random, fault);
    for (const folder of this.#folders) next.#folders.add(folder);
    const after = new Map<ModelFile, ModelFile>();
    for (const folder of this.#folders) {
      const names = this.#random() < 0.5 ? this.#names : this.#syncedNames;
      for (const [path, file] of names) {
        if (folderOf(path) !== folder) continue;
        const copy = after.get(file) ?? file.afterCrash(this.#random);
        after.set(file, copy);
        next.#names.set(path, copy);
        next.#syncedNames.set(path, copy);
      }
    }
    return next;
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    await this.#call();
    let file = this.#names.get(path);
    if (mode === 'create') {
      if (file !== undefined) throw failure('EEXIST', path);
      if (!this.#folders.has(folderOf(path))) throw failure('ENOENT', path);
      file = new ModelFile();
      this.#names.set(path, file);
    }
    if (file === undefined) throw failure('ENOENT', path);
    this.openFiles += 1;
    return this.#opened(file);
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.#call();
    if (!this.#folders.has(folder)) throw failure('ENOENT', folder);
    const paths = [...this.#names.keys(), ...this.#folders];
    return paths.filter((path) => folderOf(path) === folder).map((path) => path.slice(folder.length + 1));
  }

  async makeFolder(folder: string): Promise<void> {
    await this.#call();
    this.#folders.add(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#call();
    for (const path of [...this.#syncedNames.keys()]) if (folderOf(path) === folder) this.#syncedNames.delete(path);
    for (const [path, file] of this.#names) if (folderOf(path) === folder) this.#syncedNames.set(path, file);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call();
    const file = this.#names.get(from);
    if (file === undefined) throw failure('ENOENT', from);
    this.#names.delete(from);
    this.#names.set(to, file);
  }

  async unlink(path: string): Promise<void> {
    await this.#call();
    if (!this.#names.delete(path)) throw failure('ENOENT', path);
  }

  watch(): () => void {
    return () => undefined;
  }

  #opened(file: ModelFile): OpenFile {
    return {
      read: async (target, length, position) => {
        await this.#call();
        return file.read(target, length, position);
      },
      write: (buffers, position) => this.#write(file, Buffer.concat(buffers), position),
      truncate: async (bytes) => {
        await this.#call();
        file.truncate(bytes);
      },
      sync: async () => {
        try {
          await this.#call();
        } catch (error) {
          file.giveUp(this.#random);
          throw error;
        }
        file.sync();
      },
      size: async () => {
        await this.#call();
        return file.size;
      },
      close: async () => {
        this.openFiles -= 1;
      },
    };
  }

  /** A write that fails, or the last one before a crash, may have got somewhere; any other may stop early. */
  async #write(file: ModelFile, bytes: Buffer, position: number): Promise<number> {
    const part = Math.ceil(this.#random() * bytes.length);
    try {
      await this.#call();
    } catch (error) {
      file.write(bytes.subarray(0, part), position);
      throw error;
    }
    const written = this.#random() < 0.1 ? part : bytes.length;
    file.write(bytes.subarray(0, written), position);
    return written;
  }

  async #call(): Promise<void> {
    await Promise.resolve();
    this.calls += 1;
    if (this.crashed) throw failure('ECRASH', 'after the crash');
    if (this.calls !== this.#fault?.call) return;
    if (this.#fault.what === 'crash') this.crashed = true;
    throw failure(this.#fault.what === 'crash' ? 'ECRASH' : this.#fault.what, 'as planned');
  }
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
