// From samples to what each shard was doing over the last window. Invariant: nothing is measured over less than a
// window, so that neither a new bus nor a new shard decides anything.
// Hop before: the bus's samples; hop after: the decision.
import type { ShardSample } from './shard-sample.ts';

/** What one shard was doing over the window. Rates are events per second. */
export interface ShardLoad {
  readonly shard: number;
  readonly state: ShardSample['state'];
  /** How full the ring was when batches left it, on average, 0 to 1; how full it is, when none did. */
  readonly fill: number;
  /** How full the ring was at most, 0 to 1, as far as the samples show. */
  readonly peakFill: number;
  /** The share of the time with a batch on its way, 0 to 1. */
  readonly busy: number;
  /** Events that came for this shard, the refused ones included. */
  readonly arrivalRate: number;
  readonly ingestRate: number;
  readonly dispatchRate: number;
  /** Events that were refused, or evicted for others, since the ring was full. */
  readonly rejectRate: number;
  /** The share of the adapter's calls that failed or timed out, 0 to 1. */
  readonly failures: number;
  /** From when a batch was due to its end, on average, in milliseconds; absent when none ended. */
  readonly dispatchMs?: number;
  /** How long a batch was on its way, on average, in milliseconds; absent when none ended. */
  readonly roundTripMs?: number;
  /** The longest that one batch was on its way without an end, as far as the samples show, in milliseconds. */
  readonly longestMs: number;
  /** Since when no event was accepted, in milliseconds. */
  readonly idleMs: number;
}

/** The load of a bus. */
export interface Load {
  /** The time over which it was measured, in milliseconds: a window or more, less while the first one lasts. */
  readonly spanMs: number;
  /** Whether a whole window was measured. */
  readonly isComplete: boolean;
  /** The shards that were there for all of it and are not being removed. */
  readonly shards: readonly ShardLoad[];
  /** Shards that are younger. */
  readonly young: readonly number[];
  /** Shards that are being removed. */
  readonly draining: readonly number[];
}

interface Snapshot {
  readonly atMs: number;
  readonly shards: ReadonlyMap<number, ShardSample>;
  /** How full each ring was at most since the snapshot before. */
  readonly peaks: ReadonlyMap<number, number>;
}

interface Arrival {
  readonly ingested: number;
  readonly atMs: number;
}

const LOOKS_PER_WINDOW = 10;

/** Keeps the samples of a window: about ten, however often they are taken. */
export class LoadWindow {
  readonly #windowMs: number;
  readonly #snapshots: Snapshot[] = [];
  #arrivals = new Map<number, Arrival>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** How often to look. */
  get intervalMs(): number {
    return this.#windowMs / LOOKS_PER_WINDOW;
  }

  /** Takes samples of a monotonic moment, and tells what the shards were doing up to it. */
  observe(samples: readonly ShardSample[], atMs: number): Load {
    this.#keep(samples, atMs);
    this.#noteArrivals(samples, atMs);
    const base = this.#snapshots[0] as Snapshot;
    const spanMs = atMs - base.atMs;
    const active = samples.filter((sample) => sample.state !== 'draining');
    const shards: ShardLoad[] = [];
    const young: number[] = [];
    for (const sample of active) {
      const before = base.shards.get(sample.shard);
      if (before === undefined || spanMs <= 0) young.push(sample.shard);
      else shards.push(measure(before, sample, { spanMs, atMs, ...this.#traces(sample.shard) }));
    }
    return Object.freeze({
      spanMs,
      isComplete: spanMs >= this.#windowMs,
      shards: Object.freeze(shards),
      young: Object.freeze(young),
      draining: Object.freeze(samples.filter(({ state }) => state === 'draining').map(({ shard }) => shard)),
    });
  }

  /** The newest snapshot that is a window old stays as the base; one that follows another closely replaces it. */
  #keep(samples: readonly ShardSample[], atMs: number): void {
    const [last, before] = [this.#snapshots.at(-1), this.#snapshots.at(-2)];
    const isClose = last !== undefined && before !== undefined && last.atMs - before.atMs < this.intervalMs / 2;
    const replaced = isClose ? this.#snapshots.pop() : undefined;
    const shards = new Map<number, ShardSample>();
    const peaks = new Map<number, number>();
    for (const sample of samples) {
      const { shard, fill, peakFill } = sample;
      shards.set(shard, sample);
      peaks.set(shard, Math.max(fill, peakFill, replaced?.peaks.get(shard) ?? 0));
    }
    this.#snapshots.push({ atMs, shards, peaks });
    for (;;) {
      const next = this.#snapshots[1];
      if (next === undefined || atMs - next.atMs < this.#windowMs) return;
      this.#snapshots.shift();
    }
  }

  #noteArrivals(samples: readonly ShardSample[], atMs: number): void {
    const arrivals = new Map<number, Arrival>();
    for (const { shard, ingested } of samples) {
      const last = this.#arrivals.get(shard);
      arrivals.set(shard, last !== undefined && last.ingested === ingested ? last : { ingested, atMs });
    }
    this.#arrivals = arrivals;
  }

  /**
   * What no difference of two samples tells. A batch that hangs shows as busy time in which no batch ends. The peak of
   * the base lies before the window.
   */
  #traces(shard: number): Traces {
    let [longestMs, peakFill, since] = [0, 0, this.#snapshots[0]?.shards.get(shard)];
    for (const { shards, peaks } of this.#snapshots.slice(1)) {
      const each = shards.get(shard);
      if (each === undefined || since === undefined) continue;
      peakFill = Math.max(peakFill, peaks.get(shard) ?? 0);
      if (each.batches !== since.batches) since = each;
      else longestMs = Math.max(longestMs, each.busyMs - since.busyMs);
    }
    return { longestMs, peakFill, arrivedMs: this.#arrivals.get(shard)?.atMs ?? 0 };
  }
}

interface Traces {
  readonly longestMs: number;
  readonly peakFill: number;
  /** When an event was last seen to have been accepted. */
  readonly arrivedMs: number;
}

interface Over extends Traces {
  readonly spanMs: number;
  readonly atMs: number;
}

function measure(from: ShardSample, to: ShardSample, over: Over): ShardLoad {
  const { spanMs } = over;
  const perSecond = (count: number): number => (count * 1000) / spanMs;
  const batches = to.batches - from.batches;
  const failures = to.failures - from.failures;
  const busyMs = to.busyMs - from.busyMs;
  const fill = batches === 0 ? to.fill : (to.fillSum - from.fillSum) / batches;
  const [ingested, refused] = [to.ingested - from.ingested, to.refused - from.refused];
  return Object.freeze({
    shard: to.shard,
    state: to.state,
    fill,
    peakFill: Math.max(fill, over.peakFill),
    busy: Math.min(1, busyMs / spanMs),
    arrivalRate: perSecond(ingested + refused),
    ingestRate: perSecond(ingested),
    dispatchRate: perSecond(to.dispatched - from.dispatched),
    rejectRate: perSecond(refused + to.evicted - from.evicted),
    failures: failures === 0 ? 0 : failures / (failures + batches),
    ...(batches === 0 ? {} : { dispatchMs: (to.waitMs - from.waitMs) / batches, roundTripMs: busyMs / batches }),
    longestMs: over.longestMs,
    idleMs: over.atMs - over.arrivedMs,
  });
}
