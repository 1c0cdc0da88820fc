// A store that is open: its servers, and what was made for each of its shards. Before it: adapter.ts.
import type { AdapterContext, Batch, StoreInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { RedisSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { idText } from './entry-id.ts';
import { flushShards } from './flush-wait.ts';
import type { Keys } from './keys.ts';
import { News } from './news.ts';
import type { Nodes } from './nodes.ts';
import type { ShardList } from './shard-list.ts';
import { ShardReader } from './shard-reader.ts';
import { ShardWriter } from './shard-writer.ts';
import { seekTime } from './time-search.ts';

export interface OpenedOptions {
  readonly settings: RedisSettings;
  readonly nodes: Nodes;
  readonly keys: Keys;
  readonly context: AdapterContext;
  readonly info: StoreInfo;
  readonly list: ShardList;
}

export class OpenedRedis {
  readonly info: StoreInfo;
  readonly list: ShardList;
  readonly news: News;
  readonly #options: OpenedOptions;
  readonly #readers = new Map<number, ShardReader>();
  readonly #writers = new Map<number, ShardWriter>();
  /** Written since the last flush. */
  readonly #dirty = new Set<ShardWriter>();

  constructor(options: OpenedOptions) {
    const { context, info, keys, list, nodes } = options;
    this.#options = options;
    this.info = info;
    this.list = list;
    this.news = new News({ keys, nodes, list, report: context.report });
  }

  get readOnly(): boolean {
    return this.#options.settings.readOnly;
  }

  async append(batch: Batch, signal: AbortSignal): Promise<void> {
    const writer = this.#writers.get(batch.shard) ?? (await this.prepare(batch.shard));
    await writer.append(batch, signal);
    this.#dirty.add(writer);
    if (writer.forgotten) await this.#restore(writer);
    this.news.appended(batch.shard, idText(writer.end));
  }

  /** Gives a server that has forgotten its store's name and list of shards back what this adapter knows. */
  async #restore(writer: ShardWriter): Promise<void> {
    const { info, keys, nodes } = this.#options;
    const command = ['SET', keys.store, info.storeId, 'NX'];
    await nodes.with('write', undefined, (to) => to.send(command, { what: 'Naming the store' }));
    await this.list.register(writer.shard);
    writer.forgotten = false;
  }

  /** Writes the shard down before its first batch. @throws AdapterError */
  async prepare(shard: number): Promise<ShardWriter> {
    const { context, keys, nodes, settings } = this.#options;
    if (settings.readOnly) throw new AdapterError('Fatal', 'The redis adapter was opened with readOnly.');
    await this.list.register(shard);
    const writer =
      this.#writers.get(shard) ?? new ShardWriter({ shard, keys, nodes, settings, report: context.report });
    this.#writers.set(shard, writer);
    return writer;
  }

  reader(shard: number): ShardReader {
    let reader = this.#readers.get(shard);
    if (reader === undefined) {
      const { keys, nodes } = this.#options;
      reader = new ShardReader({ shard, keys, nodes });
      this.#readers.set(shard, reader);
    }
    return reader;
  }

  /** Every batch was acknowledged; what that is worth is asked here. @throws AdapterError */
  async flush(signal: AbortSignal): Promise<void> {
    const { keys, nodes, settings } = this.#options;
    const dirty = [...this.#dirty];
    const byServer = new Map<Connection, ShardWriter[]>();
    for (const writer of dirty) {
      const to = await nodes.connection('write', writer.shard);
      byServer.set(to, [...(byServer.get(to) ?? []), writer]);
    }
    for (const writer of dirty) this.#dirty.delete(writer);
    try {
      await Promise.all(
        [...byServer].map(([to, writers]) => flushShards(to, writers, { keys, wait: settings.wait, signal })),
      );
    } catch (error) {
      for (const writer of dirty) this.#dirty.add(writer);
      nodes.doubt();
      throw error;
    }
  }

  /** The position right before the first event at or after a time. @throws AdapterError */
  seek(shard: number, timestampNs: bigint): Promise<string | undefined> {
    const { keys, nodes } = this.#options;
    return nodes.with('read', shard, (from) => seekTime(from, { stream: keys.stream(shard), shard, timestampNs }));
  }

  async isHealthy(): Promise<boolean> {
    try {
      await this.#options.nodes.with('read', undefined, (to) => to.send(['PING'], { what: 'PING', again: true }));
      return true;
    } catch {
      return false; // This is the answer.
    }
  }

  close(): void {
    this.news.close();
    this.#options.nodes.close();
  }
}
