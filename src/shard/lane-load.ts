// What a lane has done, for scaling to decide by: counters that only grow. Invariant: a batch counts once, at its end;
// a few additions a batch, nothing per event.

export class LaneLoad {
  /** Batches that have met their end. */
  batches = 0;
  /** The sum over these of how full the ring was just before they left it, 0 to 1 each. */
  fillSum = 0;
  /** The sum over these of the time from when they were due to their end, in milliseconds. */
  waitMs = 0;
  /** Calls of `onBatch` that failed or timed out. */
  failures = 0;
  #busyMs = 0;
  /** The fullest that the ring was when a batch left it, since somebody asked. */
  #peak = 0;
  /** Of the batch that is on its way. */
  #fill = 0;
  #dueMs = 0;
  #sentMs: number | undefined;

  /** A batch leaves a ring that is so full, 0 to 1; it was due at `dueMs` or before. */
  leave(fill: number, dueMs: number, nowMs: number): void {
    this.#fill = fill;
    if (fill > this.#peak) this.#peak = fill;
    this.#dueMs = Math.min(dueMs, nowMs);
    this.#sentMs = nowMs;
  }

  /** It has met its end. */
  end(nowMs: number): void {
    if (this.#sentMs === undefined) return;
    this.batches += 1;
    this.fillSum += this.#fill;
    this.waitMs += nowMs - this.#dueMs;
    this.#busyMs += nowMs - this.#sentMs;
    this.#sentMs = undefined;
  }

  /** The fullest that the ring was when a batch left it, 0 to 1, since the last call. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }

  /** The time with a batch on its way, the present one included, in milliseconds. */
  busyMs(nowMs: number): number {
    return this.#busyMs + (this.#sentMs === undefined ? 0 : nowMs - this.#sentMs);
  }
}
