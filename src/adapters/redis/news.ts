// Tells watchers that a shard reaches further: at once what this adapter has appended, by blocking reads what others
// have. Invariant: while nobody watches nothing is asked; one watcher's fault disturbs no other.
import { setTimeout } from 'node:timers';
import type { Finding } from '../../adapter/finding.ts';
import { BlockingRead } from './blocking-read.ts';
import type { Keys } from './keys.ts';
import type { Nodes } from './nodes.ts';
import type { ShardList } from './shard-list.ts';

/** How often new shards of others are looked for. */
const LIST_EVERY_MS = 500;

interface Watcher {
  readonly call: (shard: number) => void;
}

export interface NewsOptions {
  readonly keys: Keys;
  readonly nodes: Nodes;
  readonly list: ShardList;
  readonly report: (finding: Finding) => void;
}

export class News {
  readonly #options: NewsOptions;
  readonly #watchers = new Set<Watcher>();
  /** By shard: the last end that this adapter told of by itself. */
  readonly #own = new Map<number, string>();
  readonly #reading = new Set<string>();
  #shards: readonly number[] = [];
  #listing = false;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  add(listener: (shard: number) => void): () => void {
    const watcher = { call: listener };
    this.#watchers.add(watcher);
    void this.#follow();
    return () => void this.#watchers.delete(watcher);
  }

  /** Events of this adapter became readable. */
  appended(shard: number, end: string): void {
    this.#own.set(shard, end);
    this.#wake(shard);
  }

  close(): void {
    this.#watchers.clear();
  }

  /** Keeps the list of shards, and a blocking read for each group of them, while anyone watches. */
  async #follow(): Promise<void> {
    if (this.#listing) return;
    this.#listing = true;
    while (this.#watchers.size > 0) {
      try {
        this.#shards = await this.#options.list.registered();
      } catch {
        // The server is not to be had now: reads of a poll tell why.
      }
      // A command may name several keys only where they have one node, and on a cluster one slot.
      if (!this.#options.nodes.cluster) this.#read('all', () => this.#shards);
      else for (const shard of this.#shards) this.#read(String(shard), () => [shard]);
      await new Promise<void>((resolve) => {
        setTimeout(resolve, LIST_EVERY_MS).unref();
      });
    }
    this.#listing = false;
  }

  #read(name: string, shards: () => readonly number[]): void {
    if (this.#reading.has(name)) return;
    this.#reading.add(name);
    const { keys, nodes } = this.#options;
    const told = (shard: number, end: string | undefined): void => {
      if (end === undefined || end !== this.#own.get(shard)) this.#wake(shard);
    };
    const wanted = (): boolean => this.#watchers.size > 0;
    void new BlockingRead({ name, keys, nodes, shards, told, wanted }).run().finally(() => this.#reading.delete(name));
  }

  #wake(shard: number): void {
    for (const watcher of this.#watchers) {
      try {
        watcher.call(shard);
      } catch (cause) {
        // The events are stored: a reader's fault must not make its writer believe otherwise.
        this.#options.report({
          kind: 'watcher-failed',
          shard,
          message: 'A watcher of the redis adapter threw.',
          cause,
        });
      }
    }
  }
}
