// Bounds what strangers cost: connections that have not been admitted yet, in all and per address. Invariant: nobody is
// refused because others are slow: the oldest of the address with the most has to go, as a member needs milliseconds.

/** A connection that has not been admitted. */
export interface Stranger {
  readonly address: string;
  /** Throws it out. */
  evict(): void;
}

export interface GateLimits {
  readonly inAll: number;
  readonly perAddress: number;
}

export class HandshakeGate {
  readonly #limits: GateLimits;
  readonly #byAddress = new Map<string, Set<Stranger>>();
  #size = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes one in; another one may have to go for it. */
  enter(stranger: Stranger): void {
    const same = this.#byAddress.get(stranger.address);
    if (same !== undefined && same.size >= this.#limits.perAddress) this.#evictOldest(same);
    else if (this.#size >= this.#limits.inAll) this.#evictOldest(this.#largest());
    const set = this.#byAddress.get(stranger.address) ?? new Set();
    this.#byAddress.set(stranger.address, set.add(stranger));
    this.#size += 1;
  }

  /** It was admitted, or is gone. Harmless to repeat. */
  leave(stranger: Stranger): void {
    const set = this.#byAddress.get(stranger.address);
    if (set?.delete(stranger) !== true) return;
    this.#size -= 1;
    if (set.size === 0) this.#byAddress.delete(stranger.address);
  }

  #evictOldest(set: ReadonlySet<Stranger>): void {
    const [oldest] = set;
    if (oldest === undefined) return;
    this.leave(oldest);
    oldest.evict();
  }

  #largest(): ReadonlySet<Stranger> {
    let largest: ReadonlySet<Stranger> = new Set();
    for (const set of this.#byAddress.values()) if (set.size > largest.size) largest = set;
    return largest;
  }
}
