// The contract between the bus and a store or transport. Anyone can write one; the built-in adapters use nothing else.
// The bus calls through the guard (guard.ts), which bounds and maps every call; an adapter may assume what it says here.
import type { ConfigFault } from '../errors/config-error.ts';
import type { Finding } from './finding.ts';

/** What an adapter promises. Data: it documents, drives the bus and selects conformance tests. Absent means false. */
export interface AdapterCapabilities {
  /** `pollShard` returns what `onBatch` took. */
  readonly readable?: boolean;
  /** What `flush` covered survives the end of the process. */
  readonly durable?: boolean;
  /** A batch that is repeated is stored once. */
  readonly deduplicates?: boolean;
  /** One writer at a time: shards can be sealed. */
  readonly exclusive?: boolean;
  /** A single event that the store refused, and that is sent again, may be stored behind its successors. */
  readonly reorders?: boolean;
  /**
   * Once `onBatch` has resolved, the adapter reads nothing of the batch any more, neither its records nor its frame, and
   * listens to the signal no more. The bus then uses the memory and the signal for the next batch of the shard, which saves
   * most of the garbage of a busy bus.
   */
  readonly releasesBatches?: boolean;
}

/** What the bus gives an adapter at its start. Never the bus itself. */
export interface AdapterContext {
  /** The name of this start of the bus, the first part of every event's id. */
  readonly producer: string;
  /** Wall clock, nanoseconds since the Unix epoch. */
  readonly now: () => bigint;
  /**
   * Lifts the clock of the bus above a stamp that came from elsewhere, nanoseconds since the Unix epoch. False when it lies
   * more than `maxClockDriftMs` ahead of the wall clock: then the clock stays where it is. Absent outside of a bus.
   */
  readonly observe?: ((timestampNs: bigint) => boolean) | undefined;
  /**
   * Aborted when the bus is shut down, and when it has given up a start that took longer than `adapterTimeoutMs`: an `init`
   * that still waits for something should reject then, since `shutdown` is not called before it has settled. Absent outside
   * of a bus.
   */
  readonly signal?: AbortSignal | undefined;
  /** Tells the operator something that is no error of a call: it goes to `diagnostics_channel`. Never throws. */
  readonly report: (finding: Finding) => void;
}

/** What the bus learns of a store when it opens it. */
export interface StoreInfo {
  /** Names the store for good, so that a cursor of another one is recognised. 1 to 128 characters. */
  readonly storeId: string;
  /** The newest stamp in the store, nanoseconds since the Unix epoch; the clock of the bus starts above it. */
  readonly lastTimestampNs?: bigint;
  /** The longest payload that the store takes, in bytes. The bus refuses longer ones as TooLarge. */
  readonly maxEventBytes?: number;
  /** The longest batch that the store takes, in bytes of records. */
  readonly maxBatchBytes?: number;
}

/** A shard that has history. */
export interface ShardInfo {
  readonly shard: number;
  /** Nothing will ever follow. */
  readonly sealed: boolean;
  readonly events?: number;
  readonly bytes?: number;
  readonly oldestTimestampNs?: bigint;
  readonly newestTimestampNs?: bigint;
}

/** One event as an adapter sees it. Fields are read on demand; `bytes` is the adapter's to keep, not to change. */
export interface EventView {
  readonly sequence: number;
  /** Nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** XXH64 of the routing key, or of the payload without one, or what the caller gave. */
  readonly hash: bigint;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Events of one shard with contiguous sequences: a copy in ordinary memory that the adapter may keep, unless it says
 * `releasesBatches`.
 */
export interface Batch extends Iterable<EventView> {
  readonly shard: number;
  readonly producer: string;
  readonly firstSequence: number;
  readonly count: number;
  /** Events of this shard and producer that were dropped since the last batch that the adapter took. */
  readonly lostBefore: number;
  /** Nanoseconds since the Unix epoch, of the first and the last event; stamps rise within a batch. */
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
  /** The records alone, one behind the other, as docs/reference/frame.md draws them: for adapters in the process. */
  readonly records: Uint8Array<ArrayBuffer>;
  /** Header and records as one block with a checksum, made at the first access: for adapters that move bytes. */
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** One stored event. */
export interface StoredRecord extends EventView {
  /** Where this record lies: a reader that goes on `after` it misses nothing. */
  readonly position: string;
  readonly producer: string;
  /** Events of this producer and shard, right before this one, that were dropped. */
  readonly lostBefore?: number | undefined;
}

/** Events that existed and cannot be read any more. */
export interface Gap {
  readonly shard: number;
  /** `trimmed`: by retention; `dropped`: by the bus, counted there; `lost`: acknowledged and gone. */
  readonly reason: 'trimmed' | 'dropped' | 'lost';
  readonly count?: number | undefined;
  readonly producer?: string | undefined;
  readonly fromSequence?: number | undefined;
  readonly toSequence?: number | undefined;
}

/** One answer of `pollShard`. */
export interface ShardPage {
  /** In stored order. */
  readonly records: readonly StoredRecord[];
  /** Where to go on; may lie past the last record; undefined while the shard has no history. */
  readonly next: string | undefined;
  /** Another call after `next` would return something now. */
  readonly hasMore: boolean;
  /** Nothing will ever follow `next`. */
  readonly sealed?: boolean | undefined;
  /** History right after the asked position that is gone. */
  readonly gap?: Gap | undefined;
}

/** What `pollShard` is asked. */
export interface ShardQuery {
  /** A position of this adapter, or undefined for the start of the shard's history. */
  readonly after: string | undefined;
  /** The most records, 1 or more. */
  readonly limit: number;
  /** The most payload bytes in all; the first record is returned whatever its size. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Every call takes a signal that aborts when the bus has stopped waiting. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * A store or transport of batches. Methods throw AdapterError only; anything else counts as Fatal.
 * `onBatch` is called for one batch of a shard at a time, shards side by side.
 */
export interface Adapter {
  readonly name: string;
  readonly capabilities: AdapterCapabilities;
  /** Opens the store. Called once, before anything else. */
  init(context: AdapterContext): Promise<StoreInfo>;
  /** Takes all of a batch, or throws. */
  onBatch(batch: Batch, options: CallOptions): Promise<void>;
  /** Reads one shard from a position on; an unknown shard is an empty page. @throws PositionError for a bad position. */
  pollShard(shard: number, query: ShardQuery): Promise<ShardPage>;
  /** The position after which only new events lie; undefined while the shard has no history. */
  tail(shard: number, options: CallOptions): Promise<string | undefined>;
  /** Resolves when what was taken is durable. */
  flush(options: CallOptions): Promise<void>;
  /** Closes the store. Called once; nothing is called after it. */
  shutdown(options: CallOptions): Promise<void>;
  /** The position right before the first event at or after a time; undefined for the start. Without it the bus scans. */
  seek?(shard: number, timestampNs: bigint, options: CallOptions): Promise<string | undefined>;
  /** Called before a shard is routable. */
  prepareShard?(shard: number): Promise<void>;
  /** Exclusive stores: no event will follow in this shard. */
  sealShard?(shard: number): Promise<void>;
  /** Every shard that has history, retired ones too. */
  listShards?(): Promise<readonly ShardInfo[]>;
  /** Calls the listener after events became readable in a shard; returns how to stop. Spurious calls are allowed. */
  watch?(listener: (shard: number) => void): () => void;
  isHealthy?(): Promise<boolean>;
  /** What there is to see of the adapter now, as plain data: `bus.stats.adapter` shows it. */
  stats?(): Readonly<Record<string, unknown>>;
}

/** The configuration of an adapter: what `EventBus.create` takes as `adapter`. Built-ins have no privilege. */
export interface AdapterFactory {
  readonly kind: string;
  create(): Adapter;
  /** What is wrong with the configuration, told with the faults of the bus. Absent where it was checked before. */
  check?(): readonly ConfigFault[];
}
