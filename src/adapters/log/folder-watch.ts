// Tells readers that another process has written: the system's notifications where it has them, and a look from time to
// time everywhere. Invariant: while nobody listens nothing is watched, and a shard is told of once its events can be read.
import { clearTimeout, setTimeout } from 'node:timers';
import { listShardFolders, shardFolder } from './directory.ts';
import type { FileSystem } from './file-system.ts';
import type { LogShards } from './log-shards.ts';

/** Notifications come many at a time. */
const GATHER_MS = 2;
const LOOK_EVERY_MS = 250;
/** A look costs some file operations a shard. */
const LOOK_EVERY_MS_PER_SHARD = 10;

export interface FolderWatchOptions {
  readonly files: FileSystem;
  readonly folder: string;
  readonly shards: LogShards;
  /** Brings a shard up to date. */
  readonly refresh: (shard: number) => Promise<void>;
}

export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #listeners = new Set<{ readonly call: (shard: number) => void }>();
  /** How to stop watching the folder of the log (-1) and those of its shards. */
  readonly #stops = new Map<number, () => void>();
  /** What listeners know of each shard. */
  readonly #told = new Map<number, string>();
  readonly #due = new Set<number>();
  #gather: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  add(listener: (shard: number) => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    clearTimeout(this.#gather);
    clearTimeout(this.#look);
    this.#gather = undefined;
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  #start(): void {
    const { files, folder, shards } = this.#options;
    for (const { shard } of shards.all()) this.#told.set(shard, this.#stateOf(shard));
    this.#stops.set(
      ROOT,
      files.watch(folder, () => this.#lookSoon()),
    );
    this.#lookSoon();
  }

  #lookSoon(): void {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => void this.#lookAtAll(), GATHER_MS).unref();
  }

  async #lookAtAll(): Promise<void> {
    const { files, folder } = this.#options;
    let shards: readonly number[] = [];
    try {
      shards = await listShardFolders(files, folder);
    } catch {
      // The folder is not to be had now: the reads of a poll tell why.
    }
    for (const shard of shards) {
      this.#watchShard(shard);
      await this.#check(shard);
    }
    if (this.#listeners.size === 0) return;
    const everyMs = Math.max(LOOK_EVERY_MS, shards.length * LOOK_EVERY_MS_PER_SHARD);
    clearTimeout(this.#look);
    this.#look = setTimeout(() => void this.#lookAtAll(), everyMs).unref();
  }

  #watchShard(shard: number): void {
    if (this.#stops.has(shard) || this.#listeners.size === 0) return;
    const { files, folder } = this.#options;
    const stop = files.watch(shardFolder(folder, shard), () => {
      this.#due.add(shard);
      this.#gather ??= setTimeout(() => void this.#checkDue(), GATHER_MS).unref();
    });
    this.#stops.set(shard, stop);
  }

  async #checkDue(): Promise<void> {
    this.#gather = undefined;
    const due = [...this.#due];
    this.#due.clear();
    for (const shard of due) await this.#check(shard);
  }

  async #check(shard: number): Promise<void> {
    if (this.#listeners.size === 0) return;
    let state: string;
    try {
      await this.#options.refresh(shard);
      state = this.#stateOf(shard);
    } catch {
      state = `failing ${this.#told.get(shard)}`; // Whoever is woken reads, and gets the error.
      if (this.#told.get(shard)?.startsWith('failing ')) return;
    }
    if (this.#told.get(shard) === state) return;
    this.#told.set(shard, state);
    for (const listener of this.#listeners) listener.call(shard);
  }

  #stateOf(shard: number): string {
    const { end = 0, sealed = false } = this.#options.shards.extent(shard) ?? {};
    return `${end} ${sealed}`;
  }
}

const ROOT = -1;
