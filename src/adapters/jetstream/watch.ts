// Wake-ups for those who wait for news. A shard that somebody has read to its end wakes by the server's word; the others,
// and shards that another process has made, by a look at the stream every second, as does one whose word has not come by
// the look after the news. Invariant: no wake-up is lost: after each new connection everything wakes.
import type { AdapterContext } from '../../adapter/contract.ts';

interface Watcher {
  readonly call: (shard: number) => void;
}

export interface WatchOptions {
  readonly report: AdapterContext['report'];
  /** How many messages each shard holds, when that may have changed since the last look. */
  readonly look: () => Promise<ReadonlyMap<number, number> | undefined>;
  /** Since when, by `Date.now`, a server is asked to tell of the next event of this shard; undefined when none is. */
  readonly toldSinceMs: (shard: number) => number | undefined;
}

const LOOK_MS = 1000;

export class Watch {
  readonly #options: WatchOptions;
  readonly #watchers = new Set<Watcher>();
  #counts: ReadonlyMap<number, number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** Shards with news that a server was to tell of, and when they were seen. */
  readonly #untold = new Map<number, number>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Somebody waits. */
  get isOn(): boolean {
    return this.#watchers.size > 0;
  }

  add(listener: (shard: number) => void): () => void {
    const watcher = { call: listener };
    this.#watchers.add(watcher);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#rest();
    };
  }

  wake(shard: number): void {
    for (const watcher of this.#watchers) {
      try {
        watcher.call(shard);
      } catch (cause) {
        const message = 'A watcher of the jetstream adapter threw.';
        this.#options.report({ kind: 'watcher-failed', shard, message, cause });
      }
    }
  }

  /** A connection was lost and made again: anything may have happened meanwhile. */
  wakeAll(): void {
    for (const shard of this.#counts.keys()) this.wake(shard);
  }

  close(): void {
    this.#watchers.clear();
    this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    this.#wakeUntold();
    try {
      const counts = await this.#options.look();
      if (counts === undefined) return;
      const before = this.#counts;
      this.#counts = counts;
      for (const [shard, count] of counts) {
        if (before.get(shard) === count) continue;
        if (this.#options.toldSinceMs(shard) === undefined) this.wake(shard);
        else this.#untold.set(shard, Date.now());
      }
    } catch {
      // The servers are away: the next look finds them, and whoever reads or writes is told.
    } finally {
      this.#looking = false;
    }
  }

  /** One server of a cluster may be gone, and with it its word, while the connection to another one stands. */
  #wakeUntold(): void {
    for (const [shard, seenMs] of this.#untold) {
      const since = this.#options.toldSinceMs(shard);
      if (since !== undefined && since < seenMs) this.wake(shard);
    }
    this.#untold.clear();
  }
}
