// What a log tells of its shards, for its writer and its readers alike. Invariant: one history a shard, kept for as long
// as the log is open.
import type { ShardInfo } from '../../adapter/contract.ts';
import type { FrameSlice, ShardExtent } from '../../frame-store/frame-store.ts';
import { shardFolder } from './directory.ts';
import { entrySalt } from './entry.ts';
import { HistoryReader } from './history-reader.ts';
import type { LogContext } from './log-context.ts';
import { ShardHistory } from './shard-history.ts';

export class LogShards {
  readonly #folder: string;
  readonly #storeId: string;
  readonly #reader: HistoryReader;
  readonly #histories = new Map<number, ShardHistory>();

  constructor(context: LogContext, folder: string, storeId: string) {
    this.#folder = folder;
    this.#storeId = storeId;
    this.#reader = new HistoryReader(context);
  }

  get storeId(): string {
    return this.#storeId;
  }

  get(shard: number): ShardHistory | undefined {
    return this.#histories.get(shard);
  }

  all(): IterableIterator<ShardHistory> {
    return this.#histories.values();
  }

  /** An empty history, which takes the place of an older one only by `put`. */
  make(shard: number): ShardHistory {
    return new ShardHistory(shard, shardFolder(this.#folder, shard), entrySalt(this.#storeId, shard));
  }

  put(history: ShardHistory): void {
    this.#histories.set(history.shard, history);
  }

  extent(shard: number): ShardExtent | undefined {
    const history = this.#histories.get(shard);
    return history !== undefined && (history.end > 0 || history.sealed) ? history : undefined;
  }

  lastSequence(shard: number, producer: string): number | undefined {
    return this.#histories.get(shard)?.lastSequence(producer);
  }

  tagAt(shard: number, index: number): string | undefined {
    return this.#histories.get(shard)?.tagAt(index);
  }

  lostTo(shard: number, index: number): number {
    return this.#histories.get(shard)?.lostTo(index) ?? index;
  }

  async read(shard: number, index: number): Promise<FrameSlice | undefined> {
    const history = this.#histories.get(shard);
    return history === undefined ? undefined : this.#reader.read(history, index);
  }

  async findTime(shard: number, timestampNs: bigint): Promise<number> {
    const history = this.#histories.get(shard);
    return history === undefined ? 0 : this.#reader.findTime(history, timestampNs);
  }

  infos(): readonly ShardInfo[] {
    return [...this.#histories.keys()]
      .filter((shard) => this.extent(shard) !== undefined)
      .map((shard) => this.#info(shard));
  }

  /** Nanoseconds since the Unix epoch; undefined while there is no event. */
  newestStampNs(): bigint | undefined {
    let newest = 0n;
    for (const history of this.#histories.values()) {
      if (history.newestStampNs > newest) newest = history.newestStampNs;
    }
    return newest === 0n ? undefined : newest;
  }

  #info(shard: number): ShardInfo {
    return (this.#histories.get(shard) as ShardHistory).info();
  }
}
