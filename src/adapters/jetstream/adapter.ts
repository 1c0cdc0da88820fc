// The JetStream adapter: writes over one connection and reads over another, so that a long page delays no acknowledgement.
// Invariant: nothing is sent but on an open connection whose stream has been looked at.
// Before it: the guard. After it: publisher, reader, directory, watch.
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
import type { ClientLoaders } from './clients.ts';
import type { JetStreamSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { MOST_HEADER_BYTES } from './event-message.ts';
import { Link } from './link.ts';
import { tagOf } from './place.ts';
import { Publisher } from './publisher.ts';
import { seekTime, tailOf } from './seek.ts';
import { ShardDirectory } from './shard-directory.ts';
import { ShardReader } from './shard-reader.ts';
import { startError } from './store-error.ts';
import { lookAtStream, openStream, type StreamFacts } from './stream-setup.ts';
import { Watch } from './watch.ts';

const CAPABILITIES = { readable: true, durable: true, deduplicates: true, releasesBatches: true } as const;
/** Room beside the records of a frame: its header, and the headers of its message. */
const FORMAT_BYTES = 512;

export class JetStreamAdapter implements Adapter {
  readonly name = 'jetstream';
  readonly capabilities: AdapterCapabilities;
  readonly #settings: JetStreamSettings;
  readonly #writing: Link;
  readonly #reading: Link;
  readonly #directory: ShardDirectory;
  readonly #phase = { starting: true };
  #context: AdapterContext | undefined;
  #publisher!: Publisher;
  #reader!: ShardReader;
  #watch!: Watch;
  #facts: StreamFacts | undefined;
  #lastSeqSeen = -1;
  #isSuspect = false;

  constructor(settings: JetStreamSettings, load: ClientLoaders) {
    this.#settings = settings;
    this.capabilities = Object.freeze({ ...CAPABILITIES, reorders: settings.packing === 'event' });
    this.#directory = new ShardDirectory(settings.prefix);
    const phase = this.#phase;
    this.#writing = new Link({ settings, load, phase, prepare: (connection) => this.#prepareWriting(connection) });
    this.#reading = new Link({ settings, load, phase, prepare: (connection) => this.#prepareReading(connection) });
  }

  async init(context: AdapterContext): Promise<StoreInfo> {
    const { prefix } = this.#settings;
    const report = context.report;
    this.#publisher = new Publisher(this.#settings, report);
    this.#watch = new Watch({
      report,
      look: () => this.#lookForNews(),
      toldSinceMs: (shard) => this.#reader.standsSinceMs(shard),
    });
    this.#reader = new ShardReader({ stream: prefix, report, onNews: (shard) => this.#watch.wake(shard) });
    this.#context = context;
    try {
      const connection = await this.#writing.connection();
      const shards = await this.#directory.list(connection, [], true);
      this.#phase.starting = false;
      return { ...this.#limits(connection), ...newestOf(shards) };
    } catch (error) {
      await this.shutdown();
      throw startError(error);
    }
  }

  async onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    this.#assertOpen();
    const connection = await this.#writing.connection(signal);
    // Silence until the time was up: the other end may be gone without a word, or nobody leads the stream. Whatever waits
    // on the connection learns of its end, and the next attempt takes a new one.
    const giveUp = (): void =>
      connection.end(new AdapterError('Transient', 'no answer to a batch in time', { cause: signal.reason }));
    signal.addEventListener('abort', giveUp);
    try {
      if (this.#isSuspect) await this.#prepareWriting(connection);
      await this.#publisher.publish(connection, batch);
    } catch (error) {
      // The stream may be gone while its server is there.
      this.#isSuspect = true;
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    this.#watch.wake(batch.shard);
  }

  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    return this.#read(query.signal, (connection) =>
      this.#reader.read(connection, {
        shard,
        query,
        streamTag: () => this.#streamTag(),
        refresh: (through) => this.#look(through),
        watched: this.#watch.isOn,
      }),
    );
  }

  async tail(shard: number, { signal }: CallOptions): Promise<string | undefined> {
    const { prefix: stream } = this.#settings;
    return this.#read(signal, (connection) => tailOf(connection, { stream, shard, streamTag: this.#streamTag() }));
  }

  async seek(shard: number, timestampNs: bigint, { signal }: CallOptions): Promise<string | undefined> {
    const { prefix: stream } = this.#settings;
    return this.#read(signal, async (connection) => {
      const subjects = await this.#directory.subjectsOf(connection, shard);
      return seekTime(connection, { stream, shard, streamTag: this.#streamTag(), subjects, timestampNs });
    });
  }

  /** Acknowledged is all that the server tells: `onBatch` has waited for that. */
  async flush(): Promise<void> {
    this.#assertOpen();
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    this.#assertOpen();
    return this.#writing.read((connection) => this.#directory.list(connection, this.#publisher.shards(), false));
  }

  watch(listener: (shard: number) => void): () => void {
    this.#assertOpen();
    return this.#watch.add(listener);
  }

  async isHealthy(): Promise<boolean> {
    return this.#context !== undefined && this.#writing.current !== undefined;
  }

  async shutdown(): Promise<void> {
    if (this.#context === undefined) return;
    this.#context = undefined;
    this.#watch.close();
    this.#reader.close();
    await Promise.all([this.#writing.close(), this.#reading.close()]);
  }

  async #prepareWriting(connection: Connection): Promise<void> {
    this.#facts = await openStream(connection, this.#settings);
    this.#publisher.doubt();
    this.#isSuspect = false;
  }

  async #prepareReading(connection: Connection): Promise<void> {
    await this.#look(connection);
    this.#watch.wakeAll();
  }

  async #read<T>(signal: AbortSignal, run: (connection: Connection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#reading.read(run, signal);
  }

  #limits({ maxPayload }: Connection): StoreInfo {
    const facts = this.#assertFacts();
    const most = facts.maxMessageBytes > 0 ? Math.min(maxPayload, facts.maxMessageBytes) : maxPayload;
    // Where the server takes little, the longest keys and headers beside the longest payloads have no room.
    const headers = Math.min(MOST_HEADER_BYTES, Math.floor(most / 4));
    return {
      storeId: `${this.#settings.prefix}@${facts.created}`,
      maxEventBytes: Math.max(1, most - headers),
      maxBatchBytes: Math.max(1, most - FORMAT_BYTES),
    };
  }

  async #look(connection: Connection): Promise<void> {
    const { prefix } = this.#settings;
    const facts = await lookAtStream(connection, prefix);
    if (facts === undefined) throw new AdapterError('Transient', `The stream "${prefix}" is gone.`);
    this.#facts = facts;
  }

  /** For shards that nobody has read to their end. */
  async #lookForNews(): Promise<ReadonlyMap<number, number> | undefined> {
    return this.#reading.read(async (connection) => {
      const facts = await lookAtStream(connection, this.#settings.prefix);
      if (facts === undefined || facts.lastSeq === this.#lastSeqSeen) return undefined;
      const counts = await this.#directory.counts(connection);
      this.#lastSeqSeen = facts.lastSeq;
      return counts;
    });
  }

  #streamTag(): string {
    return tagOf(this.#assertFacts().created);
  }

  #assertFacts(): StreamFacts {
    if (this.#facts === undefined) throw new AdapterError('Shutdown', 'The jetstream adapter is not open.');
    return this.#facts;
  }

  #assertOpen(): void {
    if (this.#context === undefined) throw new AdapterError('Shutdown', 'The jetstream adapter is not open.');
  }
}

function newestOf(shards: readonly ShardInfo[]): Pick<StoreInfo, 'lastTimestampNs'> {
  let newest: bigint | undefined;
  for (const { newestTimestampNs } of shards) {
    if (newestTimestampNs !== undefined && newestTimestampNs > (newest ?? -1n)) newest = newestTimestampNs;
  }
  return newest === undefined ? {} : { lastTimestampNs: newest };
}
