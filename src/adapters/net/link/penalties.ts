// Nodes that broke the protocol, and how long each is refused for it. Invariant: bounded, the longest ago goes first; a
// node is named by its id, which it has told after it had proven that it is a member.
import { Backoff, type BackoffLimits } from './backoff.ts';

const MOST_NODES = 1024;

interface Penalty {
  readonly backoff: Backoff;
  untilMs: number;
}

export class Penalties {
  readonly #nodes = new Map<string, Penalty>();
  readonly #limits: BackoffLimits;
  readonly #random: () => number;

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Milliseconds for which a node is still refused; 0 when it is not. */
  leftMs(nodeId: string, nowMs: number): number {
    return Math.max(0, (this.#nodes.get(nodeId)?.untilMs ?? 0) - nowMs);
  }

  /** A node was cut off. */
  breach(nodeId: string, nowMs: number): void {
    const penalty = this.#nodes.get(nodeId) ?? { backoff: new Backoff(this.#limits, this.#random), untilMs: 0 };
    penalty.untilMs = nowMs + penalty.backoff.ended(nowMs, true);
    this.#nodes.delete(nodeId);
    this.#nodes.set(nodeId, penalty);
    if (this.#nodes.size <= MOST_NODES) return;
    const [oldest] = this.#nodes.keys();
    if (oldest !== undefined) this.#nodes.delete(oldest);
  }

  /** A link of a node is up: from a stable half minute on its past is forgotten. */
  up(nodeId: string, nowMs: number): void {
    this.#nodes.get(nodeId)?.backoff.up(nowMs);
  }
}
