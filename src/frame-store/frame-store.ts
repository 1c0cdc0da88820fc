// A store of frames, many shards side by side: what the memory, the log and the mesh keep their history in.
// Invariant: an event's index counts all events of its shard that ever existed, the lost ones too, and never changes.
// Before it: the one adapter over it (store-adapter.ts). After it: memory or files. Retention is the store's own.
import type { AdapterContext, Batch, ShardInfo, StoreInfo } from '../adapter/contract.ts';

/** A store with one writer. Calls may overlap, but each shard gets one `append` at a time. @throws AdapterError only */
export interface FrameStore {
  /** Takes the store for one adapter. @throws AdapterError `Connection` while another has it. */
  open(context: AdapterContext): Promise<StoreInfo>;
  /** Takes note of what another process has written; for all shards without one. Absent where there is no other. */
  refresh?(shard?: number): Promise<void>;
  /** Calls after another process has written to a shard; returns how to stop. Absent where there is no other. */
  watch?(listener: (shard: number) => void): () => void;
  /**
   * What names the history right before an index, so that a position of another history with as many events is told
   * apart: 1 to 12 characters of `0-9a-z`. Undefined where it is not known any more. Absent where there is only one.
   */
  tagAt?(shard: number, index: number): string | undefined;
  /**
   * Up to which index events that were stored are gone from an index on, though nothing trimmed them; the index itself
   * when its event is not among them. Absent where nothing goes by itself.
   */
  lostTo?(shard: number, index: number): number;
  /** What is known of a shard now; undefined when nothing was ever appended or sealed there. */
  extent(shard: number): ShardExtent | undefined;
  /** The sequence of the newest event of a producer in a shard, trimmed or not; undefined when there was none. */
  lastSequence(shard: number, producer: string): number | undefined;
  /** The same for every producer of the shard that is remembered. Absent where nobody asks: the mesh does. */
  lastSequences?(shard: number): ReadonlyMap<string, number>;
  /**
   * Puts a whole batch at the end of its shard, behind `lost` events that are missing there. Once it has resolved, the memory
   * of the batch is used for others: what is kept of it is a copy.
   */
  append(batch: Batch, lost: number, signal: AbortSignal): Promise<void>;
  /** The records from `index` on, as far as they lie in one block; the next kept ones when `index` was lost or trimmed. */
  read(shard: number, index: number, signal: AbortSignal): Promise<FrameSlice | undefined>;
  /**
   * What `use` makes of the slice that `read` would give, which is valid during the call only; undefined at the end. Absent
   * where records are not in memory.
   */
  view?<T>(shard: number, index: number, use: (slice: FrameSlice) => T): T | undefined;
  /** Where to read from for the first kept event at or after a time and the losses before it; the end when there is none. */
  findTime(shard: number, timestampNs: bigint, signal: AbortSignal): Promise<number>;
  /** Ends a shard for good. A second call changes nothing. */
  seal(shard: number): Promise<void>;
  /** Every shard that has history. */
  shards(): readonly ShardInfo[];
  /** Resolves when what was appended is durable. */
  flush(signal: AbortSignal): Promise<void>;
  /** Gives the store back; what it holds stays. */
  close(signal: AbortSignal): Promise<void>;
}

/** How far a shard reaches. */
export interface ShardExtent {
  /** Events below this index are gone by retention; 0 when none is. */
  readonly trimmedTo: number;
  /** The newest stamp among the trimmed events, nanoseconds since the Unix epoch; 0 when none was trimmed. */
  readonly trimmedStampNs: bigint;
  /** One more than the index of the newest event. */
  readonly end: number;
  readonly sealed: boolean;
}

/** Whole records of one producer that lie behind one another in a block. The reader must not change the block. */
export interface FrameSlice {
  readonly block: Buffer<ArrayBuffer>;
  /** Where the first record begins. */
  readonly at: number;
  /** How many records follow one another from there. */
  readonly count: number;
  /** The index of the first record. */
  readonly index: number;
  readonly producer: string;
  /** Events that are missing right before the first record. */
  readonly lostBefore: number;
  /** What `tagAt` tells of every index behind a record of the slice. */
  readonly tag?: string | undefined;
}
