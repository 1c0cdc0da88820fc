// Open descriptors, few enough for small limits whatever the count of shards and segments. Invariant: a file is open once,
// closed only while nobody uses it, and handed to `beforeClose` first, so that no failed sync goes unnoticed.
import type { FileSystem, OpenFile, OpenMode } from './file-system.ts';

interface Handle {
  readonly path: string;
  readonly mode: OpenMode;
  readonly opening: Promise<OpenFile>;
  users: number;
  /** Closed as soon as the last user is done. */
  leaving: boolean;
}

export interface HandlePoolOptions {
  readonly files: FileSystem;
  /** How many may be open; who comes then waits. */
  readonly most: number;
  /** Called before a file that was open for writing is closed. Must not reject. */
  readonly beforeClose: (path: string, file: OpenFile) => Promise<void>;
}

export class HandlePool {
  readonly #options: HandlePoolOptions;
  /** The one used longest ago is the first. */
  readonly #handles = new Map<string, Handle>();
  readonly #closing = new Set<Promise<void>>();
  /** Those who wait for a file to be closed. */
  readonly #waiting: (() => void)[] = [];
  /** Files that are open, or being opened or closed. */
  #open = 0;

  constructor(options: HandlePoolOptions) {
    this.#options = options;
  }

  /** Runs `use` with the file open; a file that is open for writing serves readers, too. */
  async with<T>(path: string, mode: OpenMode, use: (file: OpenFile) => Promise<T>): Promise<T> {
    const handle = await this.#take(path, mode);
    try {
      return await use(await handle.opening);
    } finally {
      handle.users -= 1;
      if (handle.leaving && handle.users === 0) await this.#close(handle);
      else if (handle.users === 0 && this.#waiting.length > 0) this.#shrink();
    }
  }

  /** Closes a file that is not needed any more, once nobody uses it. */
  async drop(path: string): Promise<void> {
    const handle = this.#handles.get(path);
    if (handle === undefined) return;
    this.#handles.delete(path);
    handle.leaving = true;
    if (handle.users === 0) await this.#close(handle);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#handles.keys()].map((path) => this.drop(path)));
    await Promise.all(this.#closing);
  }

  async #take(path: string, mode: OpenMode): Promise<Handle> {
    for (;;) {
      const handle = this.#handles.get(path);
      if (handle !== undefined && (handle.mode !== 'read' || mode === 'read')) return this.#use(handle);
      if (handle !== undefined) await this.drop(path);
      else if (this.#open < this.#options.most) return this.#use(this.#opened(path, mode));
      else await this.#room();
    }
  }

  #opened(path: string, mode: OpenMode): Handle {
    this.#open += 1;
    return { path, mode, opening: this.#options.files.open(path, mode), users: 0, leaving: false };
  }

  async #use(handle: Handle): Promise<Handle> {
    this.#handles.delete(handle.path);
    this.#handles.set(handle.path, handle);
    handle.users += 1;
    try {
      await handle.opening;
      return handle;
    } catch (error) {
      handle.users -= 1;
      if (this.#handles.get(handle.path) === handle) {
        this.#handles.delete(handle.path);
        this.#closed();
      }
      throw error;
    }
  }

  /** Resolves when a file was closed, which begins now with the idle one used longest ago. */
  #room(): Promise<void> {
    const room = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#shrink();
    return room;
  }

  #shrink(): void {
    for (const handle of this.#handles.values()) {
      if (handle.users > 0) continue;
      this.#handles.delete(handle.path);
      handle.leaving = true;
      const closing = this.#close(handle).finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
      return;
    }
  }

  #closed(): void {
    this.#open -= 1;
    this.#waiting.shift()?.();
  }

  async #close(handle: Handle): Promise<void> {
    const file = await handle.opening;
    if (handle.mode !== 'read') await this.#options.beforeClose(handle.path, file);
    try {
      await file.close();
    } catch {
      // What was written is synced, or its sync has failed and was told; a descriptor is gone either way.
    }
    this.#closed();
  }
}
