// Whether the other side still answers, and how fast. Invariant: only time in which this process could have read counts
// as silence: what a tick comes late is the own event loop's lag and no fault of the peer.

/** How long is too long. */
export interface LivenessLimits {
  /** How often `tick` is called. */
  readonly tickMs: number;
  /** A ping goes out so often. */
  readonly pingMs: number;
  /** Silence that ends the link. */
  readonly silenceMs: number;
}

/** A tick may come so much late before the rest counts as lag. */
const TOLERATED = 1.5;

export class Liveness {
  readonly #limits: LivenessLimits;
  #tickedAtMs: number;
  #silentMs = 0;
  #sincePingMs: number;
  #pingSentAtMs: number | undefined;
  #rttMs: number | undefined;

  constructor(limits: LivenessLimits, nowMs: number) {
    this.#limits = limits;
    this.#tickedAtMs = nowMs;
    this.#sincePingMs = limits.pingMs; // The first ping goes out at once.
  }

  /** Milliseconds since a byte came, lag left out. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** It has not answered for a whole ping. */
  get isSilentForAPing(): boolean {
    return this.#silentMs >= 2 * this.#limits.pingMs;
  }

  /** The last round-trip time, undefined before the first. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** A byte has come. */
  heard(): void {
    this.#silentMs = 0;
  }

  /** What is to be done now. */
  tick(nowMs: number): 'ping' | 'silent' | 'nothing' {
    const passedMs = Math.min(nowMs - this.#tickedAtMs, TOLERATED * this.#limits.tickMs);
    this.#tickedAtMs = nowMs;
    this.#silentMs += passedMs;
    this.#sincePingMs += passedMs;
    if (this.#silentMs >= this.#limits.silenceMs) return 'silent';
    // One ping at a time: to a peer that does not read, they would pile up.
    if (this.#pingSentAtMs !== undefined || this.#sincePingMs < this.#limits.pingMs) return 'nothing';
    this.#sincePingMs = 0;
    this.#pingSentAtMs = nowMs;
    return 'ping';
  }

  /** The answer to the ping of a time; one that was not sent is ignored. */
  pong(sentAtMs: number, nowMs: number): void {
    if (sentAtMs !== this.#pingSentAtMs) return;
    this.#pingSentAtMs = undefined;
    this.#rttMs = nowMs - sentAtMs;
  }
}
