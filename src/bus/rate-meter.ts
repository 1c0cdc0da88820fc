// Events per second and shard, measured between two looks that lie at least a second apart. Nobody looks, nothing runs.
import type { Kernel } from '../kernel/kernel.ts';
import type { Lane } from '../shard/lane.ts';
import type { Environment } from '../util/environment.ts';

/** Events per second. */
export interface Rates {
  readonly ingestRate: number;
  readonly dispatchRate: number;
}

interface Look {
  readonly atMs: number;
  readonly ingested: number;
  readonly dispatched: number;
  readonly rates: Rates;
}

const WINDOW_MS = 1000;

export class RateMeter {
  readonly #kernel: Kernel;
  readonly #environment: Environment;
  readonly #looks = new WeakMap<Lane, Look>();

  constructor(kernel: Kernel, environment: Environment) {
    this.#kernel = kernel;
    this.#environment = environment;
  }

  /** Begins to measure the lanes among these that are new. */
  meet(lanes: readonly Lane[]): void {
    const atMs = this.#environment.monotonicMs();
    for (const lane of lanes) {
      if (!this.#looks.has(lane)) this.#looks.set(lane, { atMs, ingested: 0, dispatched: 0, rates: NO_RATES });
    }
  }

  ratesOf(lane: Lane): Rates {
    const atMs = this.#environment.monotonicMs();
    const last = this.#looks.get(lane);
    if (last === undefined) return NO_RATES;
    const elapsedMs = atMs - last.atMs;
    if (elapsedMs < WINDOW_MS) return last.rates;
    const ingested = this.#kernel.accepted(lane.ring);
    const dispatched = lane.ends.dispatched;
    const rates = {
      ingestRate: ((ingested - last.ingested) * 1000) / elapsedMs,
      dispatchRate: ((dispatched - last.dispatched) * 1000) / elapsedMs,
    };
    this.#looks.set(lane, { atMs, ingested, dispatched, rates });
    return rates;
  }
}

const NO_RATES: Rates = Object.freeze({ ingestRate: 0, dispatchRate: 0 });
