// How long readers are held when their position relies on a cover that this node does not know. Usually it comes within a
// moment; when all nodes that knew it are gone it never does, and a reader must not wait for ever.

/** For how many covers at once it is known since when they are waited for; the oldest go. */
const MOST_AWAITED = 1024;

export interface CoverPatienceOptions {
  /** Milliseconds of a clock that never steps back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** How long a cover is waited for, from the first reader that needs it. */
  readonly patienceMs: number;
}

export class CoverPatience {
  readonly #options: CoverPatienceOptions;
  /** By key. */
  readonly #sinceMs = new Map<string, number>();

  constructor(options: CoverPatienceOptions) {
    this.#options = options;
  }

  /** Milliseconds since the Unix epoch, whole. */
  wallMs(): number {
    return Math.ceil(this.#options.wallMs());
  }

  /** Whether all of these covers, by the keys of their children, were waited for in vain. */
  isOver(keys: readonly string[]): boolean {
    const nowMs = this.#options.monotonicMs();
    let isOver = true;
    for (const key of keys) if (nowMs - this.#since(key, nowMs) < this.#options.patienceMs) isOver = false;
    return isOver;
  }

  #since(key: string, nowMs: number): number {
    const known = this.#sinceMs.get(key);
    if (known !== undefined) return known;
    this.#sinceMs.set(key, nowMs);
    if (this.#sinceMs.size > MOST_AWAITED) this.#sinceMs.delete(this.#sinceMs.keys().next().value as string);
    return nowMs;
  }
}
