// The adapter: opens the store, hands each shard's batches to its writer and its pages to its reader, and tells
// watchers. Before it: the guard. After it: shard-writer.ts, shard-reader.ts and news.ts.
import type {
  Adapter,
  AdapterContext,
  Batch,
  CallOptions,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoreInfo,
} from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { OpenedRedis } from './opened-redis.ts';

export class RedisAdapter implements Adapter {
  readonly name = 'redis';
  readonly capabilities = Object.freeze({ readable: true, durable: true, deduplicates: true, releasesBatches: true });
  readonly #open: (context: AdapterContext) => Promise<OpenedRedis>;
  #store: OpenedRedis | undefined;

  constructor(open: (context: AdapterContext) => Promise<OpenedRedis>) {
    this.#open = open;
  }

  async init(context: AdapterContext): Promise<StoreInfo> {
    this.#store = await this.#open(context);
    return this.#store.info;
  }

  async onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    await this.#opened().append(batch, signal);
  }

  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    return this.#opened().reader(shard).read(query);
  }

  async tail(shard: number): Promise<string | undefined> {
    return this.#opened().reader(shard).tail();
  }

  async prepareShard(shard: number): Promise<void> {
    const store = this.#opened();
    // A bus that only reads has shards of its own, too; what it ingests is refused.
    if (!store.readOnly) await store.prepare(shard);
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return this.#opened().list.all();
  }

  async flush({ signal }: CallOptions): Promise<void> {
    await this.#opened().flush(signal);
  }

  async seek(shard: number, timestampNs: bigint): Promise<string | undefined> {
    return this.#opened().seek(shard, timestampNs);
  }

  watch(listener: (shard: number) => void): () => void {
    return this.#opened().news.add(listener);
  }

  async isHealthy(): Promise<boolean> {
    return this.#store !== undefined && (await this.#store.isHealthy());
  }

  async shutdown(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    store?.close();
  }

  #opened(): OpenedRedis {
    if (this.#store === undefined) throw new AdapterError('Shutdown', 'The redis adapter is not open.');
    return this.#store;
  }
}
