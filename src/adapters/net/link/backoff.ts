// When to try again. Invariant: delays grow to a limit and are spread by chance, so that a mesh that comes back does not
// come back all at once; a peer that broke the protocol has to keep it for a while before it counts as good again.

export interface BackoffLimits {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** A link must hold so long until what went before is forgotten. */
const STABLE_MS = 30_000;
/** A breach counts as so many failures. */
const BREACH_WEIGHT = 4;

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #failures = 0;
  #breaches = 0;
  #upSinceMs: number | undefined;

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The link is up. A cut later begins with short delays; breaches are forgotten only after a stable half minute. */
  up(nowMs: number): void {
    this.#failures = 0;
    this.#upSinceMs = nowMs;
  }

  /** It has ended, or was never made; returns the delay before the next try. */
  ended(nowMs: number, isBreach: boolean): number {
    if (this.#upSinceMs !== undefined && nowMs - this.#upSinceMs >= STABLE_MS) this.#breaches = 0;
    this.#upSinceMs = undefined;
    if (isBreach) this.#breaches += 1;
    const power = Math.min(this.#failures + BREACH_WEIGHT * this.#breaches, 40);
    this.#failures += 1;
    const delayMs = Math.min(this.#limits.baseDelayMs * 2 ** power, this.#limits.maxDelayMs);
    return delayMs * (0.5 + this.#random() / 2);
  }
}
