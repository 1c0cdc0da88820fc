// Delays that double: between attempts to read what fails, and between looks at what may have changed.

export interface BackOffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** How many steps come without a delay. @default 0 */
  readonly free?: number;
}

export class BackOff {
  readonly #options: BackOffOptions;
  #steps = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** How many delays were given since the last reset. */
  get steps(): number {
    return this.#steps;
  }

  /** The next delay in milliseconds; 0 while steps are free. */
  next(): number {
    const { firstMs, longestMs, free = 0 } = this.#options;
    this.#steps += 1;
    if (this.#steps <= free) return 0;
    return Math.min(longestMs, firstMs * 2 ** Math.min(30, this.#steps - free - 1));
  }

  /** Begins again at the first delay. */
  reset(): void {
    this.#steps = 0;
  }
}
