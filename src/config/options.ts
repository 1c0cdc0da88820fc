// Every option of a bus as its user writes it: names, types and meaning. The defaults are in defaults.ts, the limits
// in ranges.ts, the checks in validate.ts; docs/reference/options.md tells the same to people, proven equal by a test.
import type { AdapterFactory, Batch } from '../adapter/contract.ts';
import type { AdapterError } from '../errors/adapter-error.ts';
import type { ResolvedScaling, ScalingOptions, ScalingPolicy } from '../scaling/policy.ts';
import type { BatchConfig } from './batch-config.ts';

/** What happens to an event when the ring of its shard is full. */
export type Backpressure = 'block' | 'drop-oldest' | 'drop-newest' | { readonly sample: number };

/**
 * Takes a batch that is dropped after it left its ring. It is awaited within `adapterTimeoutMs`; when it throws or
 * rejects, that is reported as a finding and the batch stays dropped.
 */
export type DeadLetterHook = (batch: Batch, error: AdapterError) => unknown;

/** Limits of a batch; whichever is reached first ends it. */
export interface BatchOptions {
  /** The most events. @default 8192 */
  readonly maxEvents?: number | undefined;
  /** The longest wait of the first event for company, in milliseconds. @default 1 */
  readonly maxDelayMs?: number | undefined;
  /** The most bytes of records; a single event always fits. @default 1 MiB */
  readonly maxBytes?: number | undefined;
}

/** How a batch is repeated after a Transient or Backpressure error. */
export interface RetryOptions {
  /** The most attempts in all, the first included. @default 'unlimited' */
  readonly attempts?: number | 'unlimited' | undefined;
  /** The delay before the second attempt, in milliseconds; it doubles from there, with jitter. @default 10 */
  readonly baseDelayMs?: number | undefined;
  /** The longest delay, in milliseconds. @default 5000 */
  readonly maxDelayMs?: number | undefined;
}

/** What `EventBus.create` takes. A missing or undefined option has its default. */
export interface EventBusOptions<M extends Backpressure = Backpressure> {
  /** Rings that work side by side, 1 to 256. @default 4 */
  readonly shards?: number | undefined;
  /** The most events in one ring. @default 16384 */
  readonly ringCapacity?: number | undefined;
  readonly batch?: BatchOptions | BatchConfig | undefined;
  /** What happens when a ring is full. @default 'drop-newest' */
  readonly backpressure?: M | undefined;
  /** Where events go: the configuration of an adapter. @default noop(), which discards */
  readonly adapter?: AdapterFactory | undefined;
  /** When the number of shards may change; with `false`, by `addShards` and `removeShards` alone. @default false */
  readonly scaling?: ScalingPolicy | ScalingOptions | false | undefined;
  /** The file that keeps the producer's name over restarts. Without it the name is random. */
  readonly producerNoncePath?: string | undefined;
  /** Bytes of one ring, a power of two. @default follows from ringCapacity and maxEventBytes */
  readonly ringBytes?: number | undefined;
  /** The longest payload, in bytes. @default 1 MiB */
  readonly maxEventBytes?: number | undefined;
  /** The most bytes of all rings together. @default 1 GiB */
  readonly maxMemoryBytes?: number | undefined;
  /** The most bytes of events that wait for room in the mode 'block'. @default 64 MiB */
  readonly maxWaitingBytes?: number | undefined;
  /** How long a stalled shard holds back pages in Timestamp order, in milliseconds. @default 5000 */
  readonly maxHoldMs?: number | undefined;
  /** How far ahead a stamp that was read may lie and still be adopted by the clock, in milliseconds. @default 60000 */
  readonly maxClockDriftMs?: number | undefined;
  /** The longest that one call of the adapter may take, in milliseconds. @default 30000 */
  readonly adapterTimeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /** The longest that `shutdown` drains, in milliseconds; what is left then is stranded. @default 30000 */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Takes batches that are dropped after they left their ring. */
  readonly onDeadLetter?: DeadLetterHook | undefined;
}

/** `batch` when all is decided. */
export type ResolvedBatch = { readonly [K in keyof BatchOptions]-?: number };

/** `retry` when all is decided. */
export interface ResolvedRetry {
  readonly attempts: number | 'unlimited';
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** All options when all is decided: complete and frozen. */
export interface ResolvedOptions<M extends Backpressure = Backpressure> {
  readonly shards: number;
  readonly ringCapacity: number;
  readonly batch: ResolvedBatch;
  readonly backpressure: M;
  readonly adapter: AdapterFactory;
  readonly scaling: ResolvedScaling | false;
  readonly producerNoncePath: string | undefined;
  readonly ringBytes: number;
  readonly maxEventBytes: number;
  readonly maxMemoryBytes: number;
  readonly maxWaitingBytes: number;
  readonly maxHoldMs: number;
  readonly maxClockDriftMs: number;
  readonly adapterTimeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly shutdownTimeoutMs: number;
  readonly onDeadLetter: DeadLetterHook | undefined;
}
