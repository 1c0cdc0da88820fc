// What scaling reads of the bus: plain counters of each shard, taken at one moment. Invariant: counters only grow, so
// that the difference of two samples is what happened between them. The peak alone begins anew at each sample.
// Hop before: kernel and lanes, through the bus; hop after: the load.

/** One shard at one moment. All that is not about this moment or the peak counts from the shard's first moment on. */
export interface ShardSample {
  readonly shard: number;
  /** `draining` is being removed; `retrying` and `wedged` are as in `stats.shards`; the rest is `active`. */
  readonly state: 'active' | 'retrying' | 'wedged' | 'draining';
  /** How full the ring is now, 0 to 1, by events or bytes, whichever is fuller. */
  readonly fill: number;
  /** How full the ring was at most since the sample before, 0 to 1. */
  readonly peakFill: number;
  /** Events that were accepted. */
  readonly ingested: number;
  /** Events that the adapter took. */
  readonly dispatched: number;
  /** Events that were refused since the ring was full: backpressure, would-block and sampled. */
  readonly refused: number;
  /** Accepted events that made room for others. */
  readonly evicted: number;
  /** Calls of `onBatch` that failed or timed out. */
  readonly failures: number;
  /** Batches that have met their end. */
  readonly batches: number;
  /** The sum over these of how full the ring was just before they left it, 0 to 1 each. */
  readonly fillSum: number;
  /** The sum over these of the time from when they were due to their end, in milliseconds. */
  readonly waitMs: number;
  /** The time with a batch on its way, the one that is on its way now included, in milliseconds. */
  readonly busyMs: number;
}

/** Where samples come from. */
export interface LoadSource {
  /** Every shard of the bus that is not gone, in any order. Cheap: it is called several times in a window. */
  sample(): readonly ShardSample[];
}
