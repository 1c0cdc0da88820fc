// An event loop in virtual time in which code takes time: while it runs, nothing else does, as in a process. The phases
// come in Node's order: timers, answers of the adapter, immediates. Promises settle after each call.
import { setImmediate } from 'node:timers';
import type { Environment, Timer } from '../../src/util/environment.ts';

interface Due {
  readonly atMs: number;
  readonly call: () => void;
}

export class LoopEnvironment implements Environment {
  nowMs = 0;
  readonly #timers = new Set<Due>();
  readonly #answers = new Set<Due>();
  #immediates = new Set<Due>();

  wallMs(): number {
    return 1_700_000_000_000 + this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  random(): number {
    return 0.5;
  }

  after(delayMs: number, call: () => void): Timer {
    return add(this.#timers, { atMs: this.nowMs + delayMs, call });
  }

  soon(call: () => void): Timer {
    return add(this.#immediates, { atMs: this.nowMs, call });
  }

  /** An answer from outside, which the loop sees when it comes round. */
  answer(atMs: number, call: () => void): void {
    add(this.#answers, { atMs, call });
  }

  /** Goes round until a time. */
  async run(untilMs: number): Promise<void> {
    while (this.nowMs < untilMs) {
      await this.#phase(this.#timers);
      await this.#phase(this.#answers);
      const immediates = this.#immediates;
      this.#immediates = new Set();
      for (const each of immediates) if (immediates.delete(each)) await call(each);
      if (this.#immediates.size === 0) this.#sleep(untilMs);
    }
  }

  async #phase(calls: Set<Due>): Promise<void> {
    for (const each of [...calls].sort((a, b) => a.atMs - b.atMs)) {
      if (each.atMs <= this.nowMs && calls.delete(each)) await call(each);
    }
  }

  #sleep(untilMs: number): void {
    let next = untilMs;
    for (const { atMs } of [...this.#timers, ...this.#answers]) next = Math.min(next, atMs);
    this.nowMs = Math.max(this.nowMs, next);
  }
}

function add(to: Set<Due>, due: Due): Timer {
  to.add(due);
  return { cancel: () => void to.delete(due) };
}

async function call(due: Due): Promise<void> {
  due.call();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
