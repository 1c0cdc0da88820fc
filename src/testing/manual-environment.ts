// A clock, timers and chance that a test moves by hand. Invariant: nothing runs but inside `advance`, `turn` and
// `until`, in the order of the due times, and each call lets promises settle before the next one.
import { setImmediate } from 'node:timers';
import type { Environment, Timer } from '../util/environment.ts';
import { seededRandom } from './seeded-random.ts';

export interface ManualEnvironmentOptions {
  /** Where the wall clock starts, milliseconds since the Unix epoch. @default 1_700_000_000_000 */
  readonly wallMs?: number;
  /** The seed of `random`, a whole number. @default 1 */
  readonly seed?: number;
}

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

/**
 * An `Environment` that stands still until the test moves it.
 *
 * @example
 * ```ts
 * const environment = new ManualEnvironment();
 * let rang = false;
 * environment.after(1000, () => { rang = true; });
 * await environment.advance(1000);
 * ```
 */
export class ManualEnvironment implements Environment {
  readonly random: () => number;
  #wallMs: number;
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Waiting>();
  #soon = new Set<Waiting>();

  constructor(options: ManualEnvironmentOptions = {}) {
    this.#wallMs = options.wallMs ?? 1_700_000_000_000;
    this.random = seededRandom(options.seed ?? 1);
  }

  /** Calls that wait: timers, and those for the next turn. */
  get waiting(): number {
    return this.#timers.size + this.#soon.size;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Sets the wall clock, backwards too. Timers follow the other clock and do not notice. */
  setWallMs(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  after(delayMs: number, call: () => void): Timer {
    return this.#wait(this.#timers, this.#nowMs + Math.max(0, delayMs), call);
  }

  soon(call: () => void): Timer {
    return this.#wait(this.#soon, this.#nowMs, call);
  }

  /** One turn of the event loop: what `soon` asked for, then promises settle. */
  async turn(): Promise<void> {
    const due = this.#soon;
    this.#soon = new Set();
    for (const each of due) {
      // A call of this very turn may take a later one back.
      if (due.delete(each)) each.call();
    }
    await settled();
  }

  /** Moves both clocks on, running what falls due on the way at its own time. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms;
    await this.turn();
    for (let next = this.#next(targetMs); next !== undefined; next = this.#next(targetMs)) {
      this.#timers.delete(next);
      this.#move(next.atMs);
      next.call();
      await settled();
      await this.#quiet();
    }
    this.#move(targetMs);
    await this.#quiet();
  }

  /** Moves on a millisecond at a time until a condition holds. @throws Error when it does not within `withinMs` */
  async until(condition: () => boolean, withinMs = 60_000): Promise<void> {
    for (let passed = 0; passed <= withinMs; passed += 1) {
      if (condition()) return;
      await this.advance(1);
    }
    throw new Error(`The condition did not hold within ${withinMs} ms of manual time: ${condition}`);
  }

  /** Turns while calls for the next turn wait; bounded, since a call may always ask for another. */
  async #quiet(): Promise<void> {
    for (let turns = 0; this.#soon.size > 0 && turns < 1000; turns += 1) await this.turn();
  }

  #next(targetMs: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const each of this.#timers) {
      if (each.atMs > targetMs) continue;
      if (next === undefined || each.atMs < next.atMs || (each.atMs === next.atMs && each.order < next.order)) {
        next = each;
      }
    }
    return next;
  }

  #wait(into: Set<Waiting>, atMs: number, call: () => void): Timer {
    const waiting = { atMs, order: this.#order, call };
    this.#order += 1;
    into.add(waiting);
    return {
      cancel: () => {
        into.delete(waiting);
      },
    };
  }

  #move(toMs: number): void {
    this.#wallMs += toMs - this.#nowMs;
    this.#nowMs = toMs;
  }
}

/** Promises that depend on nothing but each other have settled after one real turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
