// The reading of one page: who is asked for how much, within the bounds of a poll.
// Invariant (C3): without a filter a page of n over s shards reads at most 3n + s records. Each shard is first asked
// for n / s, and again only when it is dry, for twice what the last answer brought: what is read in further asks is
// at most twice what was passed, n in all.
import type { PageBuilder } from './page-builder.ts';
import type { ReaderStore, ShardReader } from './shard-reader.ts';

/** The most records that a poll with a filter examines, unless its limit is larger. */
const SCAN_RECORDS = 16_384;
/** A filter wants more than it returns: its asks grow faster. */
const SCAN_GROWTH = 4;

export interface PageRunOptions {
  readonly store: ReaderStore;
  readonly readers: readonly ShardReader[];
  readonly builder: PageBuilder;
  readonly limit: number;
  /** Whether records may be passed over: by a filter, or by a time that cannot be sought. */
  readonly scans: boolean;
  /** A number that follows from the cursor: which shards are served first, see fair-shares.ts. */
  readonly turn: number;
}

/** How the reading of a page ended. */
export interface ReadingEnd {
  /** Another poll now would make progress. */
  readonly hasMore: boolean;
  readonly heldShards: readonly number[];
  /** The stamp of the first event that a hold keeps back. */
  readonly heldNs: bigint | undefined;
}

export class PageRun {
  readonly readers: readonly ShardReader[];
  readonly builder: PageBuilder;
  readonly turn: number;
  readonly #options: PageRunOptions;
  readonly #maxExamined: number;
  #asks = 0;

  constructor(options: PageRunOptions) {
    this.#options = options;
    this.readers = options.readers;
    this.builder = options.builder;
    this.turn = options.turn;
    this.#maxExamined = options.scans ? Math.max(SCAN_RECORDS, options.limit * 4) : Number.POSITIVE_INFINITY;
  }

  /** How many more events fit the page. */
  get need(): number {
    return this.#options.limit - this.builder.events.length;
  }

  /** The page is full, or the work of this poll is done. */
  get isOver(): boolean {
    return this.need <= 0 || this.builder.examined >= this.#maxExamined;
  }

  /** Asks each of these readers once, side by side. Answers are at hand when it resolves; failures stand in the readers. */
  async ask(readers: readonly ShardReader[]): Promise<void> {
    const { store } = this.#options;
    store.signal.throwIfAborted();
    this.#asks += 1;
    const [only] = readers;
    if (readers.length === 1 && only !== undefined) await only.ask(store, this.#size(only));
    else await Promise.all(readers.map((reader) => reader.ask(store, this.#size(reader))));
    this.#settle(readers);
  }

  /** Asks a dry reader for one record, to see what comes next there. Within C3: it has just passed one or more. */
  async peek(reader: ShardReader): Promise<void> {
    const { store } = this.#options;
    store.signal.throwIfAborted();
    await reader.ask(store, 1);
    this.#settle([reader]);
  }

  /** Whether the reader is worth another ask within this poll. Bounds the asks even where answers are empty. */
  mayAsk(reader: ShardReader): boolean {
    return reader.canAsk && this.#asks < 64 + this.#options.limit;
  }

  #settle(readers: readonly ShardReader[]): void {
    this.#options.store.signal.throwIfAborted();
    for (const reader of readers) {
      if (reader.head === undefined && reader.error === undefined) this.builder.passNothing(reader);
    }
  }

  #size(reader: ShardReader): number {
    const { limit, scans } = this.#options;
    if (this.#asks === 1) return Math.ceil(limit / this.readers.length);
    if (!scans) return Math.max(1, Math.min(reader.lastGot * 2, this.need));
    const left = Math.ceil((this.#maxExamined - this.builder.examined) / this.readers.length);
    return Math.max(1, Math.min(reader.lastGot * SCAN_GROWTH, left));
  }
}
