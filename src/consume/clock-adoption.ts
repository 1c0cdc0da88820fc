// Lifts the clock of the bus above what was read, so that a reply sorts after its cause (T1).
// Invariant: a stamp too far ahead of the wall clock is told to the operator and not adopted.
import type { PageRun } from './page-run.ts';
import type { PollSource } from './poll-source.ts';

/** A store whose stamps lie ahead keeps doing so: once a minute is enough. */
const REPORT_EVERY_MS = 60_000;

export class ClockAdoption {
  readonly #source: PollSource;
  #reportedAtMs: number | undefined;

  constructor(source: PollSource) {
    this.#source = source;
  }

  /** Adopts the greatest stamp that a page has met, returned or not. */
  adopt(run: PageRun): void {
    const limitNs = this.#limitNs();
    let greatestNs = run.builder.greatestNs;
    let withinNs = greatestNs <= limitNs ? greatestNs : greatestWithin(run, limitNs);
    for (const { head, headStamp } of run.readers) {
      if (head === undefined) continue;
      if (headStamp > greatestNs) greatestNs = headStamp;
      if (headStamp > withinNs && headStamp <= limitNs) withinNs = headStamp;
    }
    if (withinNs > this.#source.lastTimestampNs()) this.#source.adopt(withinNs);
    if (greatestNs > limitNs) this.#report(greatestNs);
  }

  #limitNs(): bigint {
    const { environment, maxClockDriftMs } = this.#source;
    return BigInt(Math.floor(environment.wallMs() + maxClockDriftMs)) * 1_000_000n;
  }

  #report(stampNs: bigint): void {
    const nowMs = this.#source.environment.monotonicMs();
    if (this.#reportedAtMs !== undefined && nowMs - this.#reportedAtMs < REPORT_EVERY_MS) return;
    this.#reportedAtMs = nowMs;
    const aheadMs = Number(stampNs / 1_000_000n) - Math.floor(this.#source.environment.wallMs());
    const message = `A stamp that was read lies ${aheadMs} ms ahead of the wall clock and was not adopted: check the clocks`;
    this.#source.report({ kind: 'clock-ahead', message });
  }
}

function greatestWithin(run: PageRun, limitNs: bigint): bigint {
  let greatest = 0n;
  for (const { timestampNs } of run.builder.events) {
    if (timestampNs > greatest && timestampNs <= limitNs) greatest = timestampNs;
  }
  return greatest;
}
