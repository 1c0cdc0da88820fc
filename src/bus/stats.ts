// The account of a bus as its user reads it: every property reads its counter at the moment of the access.
// Invariant (A2): eventsDispatched + eventsDropped + eventsPending === eventsIngested, at any moment.
import type { Kernel } from '../kernel/kernel.ts';
import type { Account, Refusal } from '../shard/account.ts';
import type { DropReason } from '../shard/ends.ts';
import { DROP_REASONS } from '../shard/ends.ts';
import type { Lane } from '../shard/lane.ts';
import type { LaneTable } from '../shard/lane-table.ts';
import type { RateMeter } from './rate-meter.ts';

/** One shard of this bus. */
export interface ShardStats {
  readonly shard: number;
  /**
   * `active`, `retrying` after a failed attempt, `wedged` when the adapter does not settle a batch, or `draining` while
   * the shard is being removed.
   */
  readonly state: 'active' | 'retrying' | 'wedged' | 'draining';
  readonly eventsIngested: number;
  readonly eventsDispatched: number;
  readonly eventsDropped: number;
  readonly eventsPending: number;
  /** Bytes of records in the ring. */
  readonly ringBytesUsed: number;
  /** 0 to 1, by events or bytes, whichever is fuller. */
  readonly fill: number;
  /** Events per second, over the last second or more. */
  readonly ingestRate: number;
  readonly dispatchRate: number;
}

/** A snapshot of the account, plain data. */
export interface StatsSnapshot {
  readonly eventsIngested: number;
  readonly eventsDispatched: number;
  readonly eventsDropped: number;
  readonly eventsPending: number;
  readonly eventsRejected: number;
  readonly eventsWaiting: number;
  readonly batchesDispatched: number;
  readonly shutdownWasLossy: boolean;
  readonly droppedByReason: Readonly<Record<DropReason, number>>;
  readonly rejectedByOutcome: Readonly<Record<Refusal, number>>;
  readonly shards: readonly ShardStats[];
  /** What the adapter shows of itself, plain data; undefined when it shows nothing. */
  readonly adapter: Readonly<Record<string, unknown>> | undefined;
}

export interface StatsParts {
  readonly guard: { stats(): Readonly<Record<string, unknown>> | undefined };
  readonly kernel: Kernel;
  readonly lanes: LaneTable;
  readonly account: Account;
  readonly waiters: { readonly count: number };
  readonly rates: RateMeter;
}

/** Live counters of a bus. Reading costs a few loads per shard; nothing is cached. */
export class EventBusStats implements StatsSnapshot {
  readonly #parts: StatsParts;
  #lossy = false;

  constructor(parts: StatsParts) {
    this.#parts = parts;
  }

  /** Events that `ingest` accepted. */
  get eventsIngested(): number {
    return this.#parts.lanes.accepted;
  }

  /** Accepted events that the adapter took. */
  get eventsDispatched(): number {
    return this.#parts.account.totals.dispatched;
  }

  /** Accepted events that were dropped, for the reasons in `droppedByReason`. */
  get eventsDropped(): number {
    this.#settle();
    return this.#parts.account.dropped;
  }

  /** Accepted events that have not met their end: measured in the rings and on their way, not derived. */
  get eventsPending(): number {
    return this.#parts.lanes.pending;
  }

  /** Events that were refused, and so never ingested. */
  get eventsRejected(): number {
    return this.#parts.account.rejected;
  }

  /** Events that wait for room in Block mode; not accepted yet. */
  get eventsWaiting(): number {
    return this.#parts.waiters.count;
  }

  get batchesDispatched(): number {
    return this.#parts.account.batchesDispatched;
  }

  /** Whether shutdown left accepted events behind (`stranded`). */
  get shutdownWasLossy(): boolean {
    return this.#lossy;
  }

  get droppedByReason(): Readonly<Record<DropReason, number>> {
    this.#settle();
    const { dispatched: _, ...dropped } = this.#parts.account.totals;
    return dropped;
  }

  get rejectedByOutcome(): Readonly<Record<Refusal, number>> {
    return { ...this.#parts.account.refused };
  }

  get shards(): readonly ShardStats[] {
    this.#settle();
    return this.#parts.lanes.lanes.map((lane) => this.#shardOf(lane));
  }

  get adapter(): Readonly<Record<string, unknown>> | undefined {
    return this.#parts.guard.stats();
  }

  /** A snapshot, plain data. */
  toJSON(): StatsSnapshot {
    return {
      eventsIngested: this.eventsIngested,
      eventsDispatched: this.eventsDispatched,
      eventsDropped: this.eventsDropped,
      eventsPending: this.eventsPending,
      eventsRejected: this.eventsRejected,
      eventsWaiting: this.eventsWaiting,
      batchesDispatched: this.batchesDispatched,
      shutdownWasLossy: this.shutdownWasLossy,
      droppedByReason: this.droppedByReason,
      rejectedByOutcome: this.rejectedByOutcome,
      shards: this.shards,
      adapter: this.adapter,
    };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): StatsSnapshot {
    return this.toJSON();
  }

  /** Says that events were left behind; the lifecycle's to call. @internal */
  noteLossyShutdown(): void {
    this.#lossy = true;
  }

  #settle(): void {
    for (const lane of this.#parts.lanes.lanes) lane.settleEvictions(this.#parts.account);
  }

  #shardOf(lane: Lane): ShardStats {
    const { kernel, rates } = this.#parts;
    let eventsDropped = 0;
    for (const reason of DROP_REASONS) eventsDropped += lane.ends[reason];
    return {
      shard: lane.shard,
      state: stateOf(lane),
      eventsIngested: kernel.accepted(lane.ring),
      eventsDispatched: lane.ends.dispatched,
      eventsDropped,
      eventsPending: lane.pending,
      ringBytesUsed: kernel.bytesUsed(lane.ring),
      fill: lane.fill,
      ...rates.ratesOf(lane),
    };
  }
}

/** What the operator is told of a lane. */
export function stateOf(lane: Lane): ShardStats['state'] {
  if (lane.phase === 'wedged') return 'wedged';
  if (lane.isDraining) return 'draining';
  return lane.inFlight !== undefined && (lane.phase === 'backing-off' || lane.attempts > 1) ? 'retrying' : 'active';
}
