// The mesh as an adapter: the contract on one side, a node that is open on the other. Invariant: reads are served by the
// own store alone. Before it: the guard. After it: the open node.
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  Batch,
  CallOptions,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoreInfo,
} from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { StoreSource } from '../../frame-store/store-source.ts';
import type { NetSettings } from './config.ts';
import { OpenNode } from './open-node.ts';

/** The longest payload: with the longest key and headers, a frame of it fits into one message. */
const MOST_EVENT_BYTES = 8 * 1024 * 1024;
/** Records of the longest event, and no more than a message takes. */
const MOST_BATCH_BYTES = MOST_EVENT_BYTES + 96 * 1024;

interface Watcher {
  readonly call: (shard: number) => void;
}

export class NetAdapter implements Adapter {
  readonly name = 'net';
  readonly capabilities: AdapterCapabilities;
  readonly #settings: NetSettings;
  readonly #source: StoreSource;
  readonly #watchers = new Set<Watcher>();
  #report: AdapterContext['report'] = () => undefined;
  #node: OpenNode | undefined;

  constructor(settings: NetSettings, source: StoreSource) {
    this.#settings = settings;
    this.#source = source;
    this.capabilities = Object.freeze({
      readable: true,
      durable: source.durable,
      deduplicates: true,
      releasesBatches: true,
    });
  }

  async init(context: AdapterContext): Promise<StoreInfo> {
    this.#report = context.report;
    const { node, info } = await OpenNode.open(this.#settings, {
      source: this.#source,
      context,
      onEvents: (shard) => this.#wake(shard),
    });
    this.#node = node;
    return {
      ...info,
      // A cursor of one node is good on every node of the mesh.
      storeId: `net-${this.#settings.link.mesh}`,
      maxEventBytes: Math.min(info.maxEventBytes ?? MOST_EVENT_BYTES, MOST_EVENT_BYTES),
      maxBatchBytes: Math.min(info.maxBatchBytes ?? MOST_BATCH_BYTES, MOST_BATCH_BYTES),
    };
  }

  onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    return this.#open().append(batch, signal);
  }

  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    return this.#open().reader.page(shard, query);
  }

  async tail(shard: number): Promise<string | undefined> {
    return this.#open().reader.tail(shard);
  }

  async seek(shard: number, timestampNs: bigint): Promise<string | undefined> {
    return this.#open().reader.seek(shard, timestampNs);
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return this.#open().shards();
  }

  async flush({ signal }: CallOptions): Promise<void> {
    await this.#open().flush(signal);
  }

  async shutdown({ signal }: CallOptions): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    this.#watchers.clear();
    await node?.close(signal);
  }

  async isHealthy(): Promise<boolean> {
    return this.#node !== undefined;
  }

  watch(listener: (shard: number) => void): () => void {
    const watcher = { call: listener };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  stats(): Readonly<Record<string, unknown>> {
    return { ...this.#node?.figures() };
  }

  #open(): OpenNode {
    if (this.#node === undefined) throw new AdapterError('Shutdown', 'The net adapter is not open.');
    return this.#node;
  }

  #wake(shard: number): void {
    for (const watcher of this.#watchers) {
      try {
        watcher.call(shard);
      } catch (cause) {
        // The events are stored: a reader's fault must not make their bringer believe otherwise.
        this.#report({ kind: 'watcher-failed', shard, message: 'A watcher of the net adapter threw.', cause });
      }
    }
  }
}
