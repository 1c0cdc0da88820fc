// The log as its readers have it, beside a writer in this or another process. Invariant: nothing is created or changed,
// no lock is taken, and no right to write is needed.
import type { AdapterContext, ShardInfo, StoreInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { FrameSlice, FrameStore, ShardExtent } from '../../frame-store/frame-store.ts';
import { listShardFolders, missingLog, readFormat } from './directory.ts';
import { codeOf, type FileSystem } from './file-system.ts';
import { FolderWatch } from './folder-watch.ts';
import { HandlePool } from './handle-pool.ts';
import { inLanes } from './in-lanes.ts';
import { LatestRun } from './latest-run.ts';
import type { LogContext } from './log-context.ts';
import { LogShards } from './log-shards.ts';
import { loadShard } from './shard-loader.ts';
import { refreshShard } from './shard-refresh.ts';

/** How many files stay open for a while. */
const MOST_HANDLES = 48;
const OPENING_LANES = 8;

export class LogReader implements FrameStore {
  readonly #folder: string;
  readonly #files: FileSystem;
  #open: OpenReader | undefined;

  constructor(folder: string, files: FileSystem) {
    this.#folder = folder;
    this.#files = files;
  }

  async open({ report }: AdapterContext): Promise<StoreInfo> {
    const files = this.#files;
    const storeId = await readFormat(files, this.#folder);
    if (storeId === undefined) throw missingLog(this.#folder);
    const pool = new HandlePool({ files, most: MOST_HANDLES, beforeClose: async () => undefined });
    const context = { files, pool, report };
    const shards = new LogShards(context, this.#folder, storeId);
    const watch = new FolderWatch({ files, folder: this.#folder, shards, refresh: (shard) => this.refresh(shard) });
    this.#open = { context, shards, watch, refreshes: new Map() };
    try {
      await this.refresh();
    } catch (error) {
      await this.close();
      throw error;
    }
    const lastTimestampNs = shards.newestStampNs();
    return lastTimestampNs === undefined ? { storeId } : { storeId, lastTimestampNs };
  }

  async refresh(shard?: number): Promise<void> {
    if (shard !== undefined) return this.#refreshOf(shard).run();
    await inLanes(OPENING_LANES, await listShardFolders(this.#files, this.#folder), (each) =>
      this.#refreshOf(each).run(),
    );
  }

  watch(listener: (shard: number) => void): () => void {
    return this.#opened().watch.add(listener);
  }

  extent(shard: number): ShardExtent | undefined {
    return this.#open?.shards.extent(shard);
  }

  lastSequence(shard: number, producer: string): number | undefined {
    return this.#open?.shards.lastSequence(shard, producer);
  }

  tagAt(shard: number, index: number): string | undefined {
    return this.#open?.shards.tagAt(shard, index);
  }

  lostTo(shard: number, index: number): number {
    return this.#open?.shards.lostTo(shard, index) ?? index;
  }

  async append(): Promise<void> {
    throw this.#refusal();
  }

  async read(shard: number, index: number): Promise<FrameSlice | undefined> {
    try {
      return await this.#opened().shards.read(shard, index);
    } catch (error) {
      if (!(error instanceof AdapterError) || codeOf(error.cause) !== 'ENOENT') throw error;
      // Retention or somebody took the file meanwhile: what it had is reported as a gap by the next page.
      await this.refresh(shard);
      const isGone = index < (this.extent(shard)?.trimmedTo ?? 0) || this.lostTo(shard, index) > index;
      return isGone ? undefined : this.#opened().shards.read(shard, index);
    }
  }

  findTime(shard: number, timestampNs: bigint): Promise<number> {
    return this.#opened().shards.findTime(shard, timestampNs);
  }

  async seal(): Promise<void> {
    throw this.#refusal();
  }

  shards(): readonly ShardInfo[] {
    return this.#opened().shards.infos();
  }

  async flush(): Promise<void> {
    // Nothing was taken.
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.watch.close();
    await open?.context.pool.closeAll();
  }

  #refreshOf(shard: number): LatestRun {
    const { refreshes } = this.#opened();
    let refresh = refreshes.get(shard);
    if (refresh === undefined) {
      refresh = new LatestRun(() => this.#refreshShard(shard));
      refreshes.set(shard, refresh);
    }
    return refresh;
  }

  async #refreshShard(shard: number): Promise<void> {
    const { context, shards } = this.#opened();
    const renew = (): ReturnType<LogShards['make']> => shards.make(shard);
    const known = shards.get(shard);
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (known !== undefined && attempt === 1) {
          shards.put(await refreshShard(context, known, renew));
          return;
        }
        const fresh = renew();
        await loadShard(context, fresh);
        shards.put(fresh);
        return;
      } catch (error) {
        const isGone = error instanceof AdapterError && codeOf(error.cause) === 'ENOENT';
        if (isGone && known === undefined && attempt > 1) return; // A shard that nobody has written to.
        // Retention took a file between the listing and the look at it.
        if (!isGone || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  #opened(): OpenReader {
    if (this.#open === undefined) throw new AdapterError('Shutdown', 'The log is not open.');
    return this.#open;
  }

  #refusal(): AdapterError {
    return new AdapterError(
      'Fatal',
      `The log in ${JSON.stringify(this.#folder)} is open with readOnly: nothing is written.`,
    );
  }
}

const MOST_ATTEMPTS = 3;

interface OpenReader {
  readonly context: LogContext;
  readonly shards: LogShards;
  readonly watch: FolderWatch;
  readonly refreshes: Map<number, LatestRun>;
}
