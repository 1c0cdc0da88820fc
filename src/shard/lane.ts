// What the bus knows of one shard on its way from ring to adapter. Invariant: at most one batch has left the ring
// and not met its end (`inFlight`); sequences below `endedThrough` have all met theirs, and the account says how.
import type { FrameBatch } from '../frame/batch.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Timer } from '../util/environment.ts';
import type { Account } from './account.ts';
import { type Ends, noEnds } from './ends.ts';
import { LaneLoad } from './lane-load.ts';

/**
 * idle: nothing has left the ring. sending: the adapter has a batch. settling: it timed out, its outcome is unknown.
 * wedged: it did not settle even then. backing-off: waits to send again. burying: the dead-letter hook has it.
 */
export type LanePhase = 'idle' | 'sending' | 'settling' | 'wedged' | 'backing-off' | 'burying';

/** One call of `onBatch`. */
export interface Attempt {
  readonly controller: AbortController;
  timedOut: boolean;
}

export class Lane {
  readonly shard: number;
  readonly ring: number;
  readonly ends: Ends = noEnds();
  readonly load = new LaneLoad();
  phase: LanePhase = 'idle';
  inFlight: FrameBatch | undefined;
  attempt: Attempt | undefined;
  /** Memory of a batch that the adapter has done with, for the next one; so is the controller of its call. */
  memory: ArrayBuffer | undefined;
  controller: AbortController | undefined;
  /** When the batch in flight left the ring, in monotonic milliseconds; its retries do not change it. */
  sentAtMs: number | undefined;
  /** Attempts made for the batch in flight. */
  attempts = 0;
  /** An attempt of the batch in flight has timed out: the adapter may have it. */
  doubtful = false;
  timer: Timer | undefined;
  /** When the oldest event in the ring has to leave, in monotonic milliseconds; undefined while the ring is empty. */
  dueAtMs: number | undefined;
  /** An event found the ring full since the last drain: no lingering. */
  isFull = false;
  /** Events that ever found the ring full, whatever became of them. */
  foundFull = 0;
  /** The shard is being removed: no route leads here any more, and what is left is on its way out. */
  isDraining = false;
  /** The shard is gone, and its ring may be another's. */
  isGone = false;
  /** Sequences below are wanted by a flush: no lingering. */
  flushThrough = 0;
  /** The sequence after the last one that the adapter took. */
  expectedSequence = 0;
  /** Whether a turn of the dispatcher is going to look at this lane. */
  queued = false;
  /** Bytes that may leave before the next turn. */
  credit = 0;
  readonly #kernel: Kernel;
  #syncedHead = 0;

  constructor(shard: number, ring: number, kernel: Kernel) {
    this.shard = shard;
    this.ring = ring;
    this.#kernel = kernel;
  }

  /** Events that have not met their end. */
  get pending(): number {
    return this.#kernel.occupancy(this.ring) + (this.inFlight?.count ?? 0);
  }

  /** Nothing is left of it: all has met its end, and the dead-letter hook has what it was given. */
  get isDrained(): boolean {
    return this.isDraining && this.phase === 'idle' && this.pending === 0;
  }

  /** Every event with a lower sequence has met its end, and it is recorded; evictions are when they are settled. */
  get endedThrough(): number {
    return this.inFlight?.firstSequence ?? this.#syncedHead;
  }

  /** Recorded evictions below a sequence that overtook the batch in flight. */
  evictedAhead(below: number): number {
    if (this.inFlight === undefined) return 0;
    const { firstSequence, count } = this.inFlight;
    return Math.max(0, Math.min(this.#syncedHead, below) - firstSequence - count);
  }

  /** How full the ring is, 0 to 1, by events or bytes, whichever is fuller. */
  get fill(): number {
    const { ringBytes, ringCapacity } = this.#kernel;
    return Math.max(this.#kernel.occupancy(this.ring) / ringCapacity, this.#kernel.bytesUsed(this.ring) / ringBytes);
  }

  /** The stamp of the oldest pending event, or undefined. */
  get oldestTimestampNs(): bigint | undefined {
    if (this.inFlight !== undefined) return this.inFlight.firstTimestampNs;
    return this.#kernel.occupancy(this.ring) === 0 ? undefined : this.#kernel.headTimestampNs(this.ring);
  }

  /** Since when the oldest pending event waits for the adapter, in monotonic milliseconds; undefined before its turn. */
  get sinceMs(): number | undefined {
    return this.inFlight === undefined ? this.dueAtMs : this.sentAtMs;
  }

  /** Records what the kernel has evicted since the last call: before every drain and before anybody reads the account. */
  settleEvictions(account: Account): void {
    const head = this.#kernel.headSequence(this.ring);
    const firstSequence = this.#syncedHead;
    const count = head - firstSequence;
    if (count === 0) return;
    this.#syncedHead = head;
    account.record(this, { end: 'evicted', firstSequence, count });
  }

  /** Says that events left the ring other than by eviction. */
  passed(count: number): void {
    this.#syncedHead += count;
  }
}
