// The log as its one writer has it: a store of frames over segment files. Invariant: what is readable is what `append` has
// resolved for; files are only ever touched while the lock is held.
import { randomBytes } from 'node:crypto';
import type { AdapterContext, Batch, ShardInfo, StoreInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { FrameSlice, FrameStore, ShardExtent } from '../../frame-store/frame-store.ts';
import type { LogSettings } from './config.ts';
import { listShardFolders, readFormat, shardFolder, writeFormat } from './directory.ts';
import type { FileSystem } from './file-system.ts';
import { HandlePool } from './handle-pool.ts';
import { inLanes } from './in-lanes.ts';
import type { WriterContext } from './log-context.ts';
import { LogShards } from './log-shards.ts';
import { Retention } from './retention.ts';
import type { Segment } from './segment.ts';
import { syncOpen, syncSegment } from './segment-sync.ts';
import { repairShard } from './shard-repair.ts';
import { ShardWriter } from './shard-writer.ts';
import { storageError } from './storage-error.ts';
import { SyncFailures } from './sync-failures.ts';
import type { HeldLock, TakeLock } from './writer-lock.ts';

/** How many files stay open for a while. */
const MOST_HANDLES = 48;
const OPENING_LANES = 8;
/** A bound on all shards drops an eighth of it at a time. */
const RETENTION_STEPS = 8;

/** What a log reaches the outside by. */
export interface LogOutside {
  readonly files: FileSystem;
  readonly lock: TakeLock;
}

export class LogStore implements FrameStore {
  readonly #settings: LogSettings;
  readonly #outside: LogOutside;
  #open: OpenLog | undefined;

  constructor(settings: LogSettings, outside: LogOutside) {
    this.#settings = settings;
    this.#outside = outside;
  }

  async open(context: AdapterContext): Promise<StoreInfo> {
    const { files, lock } = this.#outside;
    const { folder } = this.#settings;
    try {
      await files.makeFolder(folder);
    } catch (error) {
      throw storageError('Making the folder of the log', folder, error);
    }
    await readFormat(files, folder); // Before anything is made there: a foreign folder stays as it is.
    const held = await lock(folder);
    try {
      const open = await this.#load(held, context);
      this.#open = open;
      open.retention.start();
      const lastTimestampNs = open.shards.newestStampNs();
      const { storeId } = open.shards;
      return lastTimestampNs === undefined ? { storeId } : { storeId, lastTimestampNs };
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  extent(shard: number): ShardExtent | undefined {
    return this.#open?.shards.extent(shard);
  }

  lastSequence(shard: number, producer: string): number | undefined {
    return this.#open?.shards.lastSequence(shard, producer);
  }

  lastSequences(shard: number): ReadonlyMap<string, number> {
    return this.#open?.shards.get(shard)?.lastSequences ?? new Map();
  }

  tagAt(shard: number, index: number): string | undefined {
    return this.#open?.shards.tagAt(shard, index);
  }

  lostTo(shard: number, index: number): number {
    return this.#open?.shards.lostTo(shard, index) ?? index;
  }

  async append(batch: Batch, lost: number, signal: AbortSignal): Promise<void> {
    if (this.#opened().held.lost) {
      const { folder } = this.#settings;
      throw new AdapterError(
        'Fatal',
        `Another process has taken the log in ${JSON.stringify(folder)}: nothing is written.`,
      );
    }
    const writer = await this.#writer(batch.shard);
    await writer.append(batch, lost, signal);
  }

  read(shard: number, index: number): Promise<FrameSlice | undefined> {
    return this.#opened().shards.read(shard, index);
  }

  findTime(shard: number, timestampNs: bigint): Promise<number> {
    return this.#opened().shards.findTime(shard, timestampNs);
  }

  async seal(shard: number): Promise<void> {
    await (await this.#writer(shard)).seal();
  }

  shards(): readonly ShardInfo[] {
    return this.#opened().shards.infos();
  }

  async flush(): Promise<void> {
    const { context, writers } = this.#opened();
    const end = context.failures.begin();
    if (this.#settings.durability === 'sync') {
      await Promise.all([...context.dirty.values()].map((segment) => syncSegment(context, segment)));
      for (const writer of await madeOf(writers)) writer.checkpoint();
    }
    end();
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    try {
      await open.retention.stop();
      const writers = await madeOf(open.writers);
      await inLanes(OPENING_LANES, writers, (writer) => writer.close());
      await open.context.pool.closeAll();
    } finally {
      await open.held.release();
    }
  }

  async #load(held: HeldLock, adapter: AdapterContext): Promise<OpenLog> {
    const { files } = this.#outside;
    const { folder } = this.#settings;
    const storeId = (await readFormat(files, folder)) ?? (await writeFormat(files, folder));
    const context = this.#context(adapter, () => retention.note());
    const shards = new LogShards(context, folder, storeId);
    const writers = new Map<number, Promise<ShardWriter>>();
    const retention = new Retention(this.#settings, { shards, writers, now: adapter.now, report: adapter.report });
    try {
      await inLanes(OPENING_LANES, await listShardFolders(files, folder), async (shard) => {
        const history = shards.make(shard);
        await repairShard(context, history);
        shards.put(history);
        const last = history.segments.at(-1);
        if (last !== undefined && last.syncedBytes < last.bytes) context.dirty.set(last.path, last);
        writers.set(shard, Promise.resolve(new ShardWriter(context, history)));
      });
    } catch (error) {
      await context.pool.closeAll();
      throw error;
    }
    return { held, context, shards, writers, retention };
  }

  #context({ report }: AdapterContext, onGrowth: () => void): WriterContext {
    const { files } = this.#outside;
    const { durability, maxBytes, maxEvents, segmentBytes } = this.#settings;
    const dirty = new Map<string, Segment>();
    const failures = new SyncFailures();
    const pool = new HandlePool({
      files,
      most: MOST_HANDLES,
      beforeClose: async (path, file) => {
        const segment = dirty.get(path);
        if (segment !== undefined && durability === 'sync') await syncOpen({ dirty, failures }, segment, file);
      },
    });
    const limits = {
      bytes: Math.min(segmentBytes, Math.ceil((maxBytes ?? Infinity) / RETENTION_STEPS)),
      events: Math.ceil((maxEvents ?? Infinity) / RETENTION_STEPS),
    };
    const tag = randomBytes(4).readUInt32LE() || 1;
    return { files, pool, report, tag, limits, dirty, failures, onGrowth };
  }

  #writer(shard: number): Promise<ShardWriter> {
    const { writers } = this.#opened();
    let writer = writers.get(shard);
    if (writer === undefined) {
      writer = this.#makeWriter(shard);
      writers.set(shard, writer);
      writer.catch(() => writers.delete(shard)); // Who asked has the error; the next one tries again.
    }
    return writer;
  }

  async #makeWriter(shard: number): Promise<ShardWriter> {
    const { context, shards } = this.#opened();
    const { folder } = this.#settings;
    const path = shardFolder(folder, shard);
    try {
      await context.files.makeFolder(path);
      await context.files.syncFolder(folder);
    } catch (error) {
      throw storageError('Making the folder', path, error);
    }
    const history = shards.make(shard);
    shards.put(history);
    return new ShardWriter(context, history);
  }

  #opened(): OpenLog {
    if (this.#open === undefined) throw new AdapterError('Shutdown', 'The log is not open.');
    return this.#open;
  }
}

/** The writers that could be made. */
async function madeOf(writers: ReadonlyMap<number, Promise<ShardWriter>>): Promise<readonly ShardWriter[]> {
  const made = await Promise.allSettled(writers.values());
  return made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])); // Who asked has the error.
}

interface OpenLog {
  readonly held: HeldLock;
  readonly context: WriterContext;
  readonly shards: LogShards;
  readonly writers: Map<number, Promise<ShardWriter>>;
  readonly retention: Retention;
}
