// Stamps that an adapter brings from elsewhere lift the clock of the bus (T1), also those that come while the bus is still
// starting. Invariant: a stamp more than `maxClockDriftMs` ahead of the wall clock lifts nothing, and its bringer is told so.
import type { Environment } from '../util/environment.ts';

export interface ForeignStampsOptions {
  readonly environment: Environment;
  readonly maxClockDriftMs: number;
}

export class ForeignStamps {
  readonly #options: ForeignStampsOptions;
  #newestNs = 0n;
  #adopt: ((timestampNs: bigint) => void) | undefined;

  constructor(options: ForeignStampsOptions) {
    this.#options = options;
  }

  /** Lifts the clock above a stamp; false when it lies too far ahead. */
  observe(timestampNs: bigint): boolean {
    const { environment, maxClockDriftMs } = this.#options;
    if (timestampNs > BigInt(Math.floor(environment.wallMs() + maxClockDriftMs)) * 1_000_000n) return false;
    if (this.#adopt !== undefined) this.#adopt(timestampNs);
    else if (timestampNs > this.#newestNs) this.#newestNs = timestampNs;
    return true;
  }

  /** The clock is there: it takes what came before it, and all that follows. */
  connect(adopt: (timestampNs: bigint) => void): void {
    this.#adopt = adopt;
    if (this.#newestNs > 0n) adopt(this.#newestNs);
  }
}
