// Time that passes only when all that is due has happened: a heap of calls, in order of their time and then of their making.
import { setImmediate } from 'node:timers';

interface Due {
  readonly atMs: number;
  readonly nth: number;
  readonly call: () => void;
}

export class VirtualTime {
  nowMs = 1000;
  /** Wall clock at `nowMs` 0, milliseconds since the Unix epoch. */
  readonly epochMs = 1_700_000_000_000;
  readonly #heap: Due[] = [];
  #made = 0;

  get wallMs(): number {
    return Math.floor(this.epochMs + this.nowMs);
  }

  after(delayMs: number, call: () => void): void {
    this.#made += 1;
    this.#push({ atMs: this.nowMs + Math.max(0, delayMs), nth: this.#made, call });
  }

  /** Lets time pass up to a moment; what is due by then happens, and all promises that follow from it settle. */
  async runTo(endMs: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) break;
      this.nowMs = next.atMs;
      // Calls of one moment happen before promises settle: they are at the same time for all nodes.
      while (this.#heap[0] !== undefined && this.#heap[0].atMs <= this.nowMs) this.#pop().call();
      await settled();
    }
    this.nowMs = endMs;
    await settled();
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(due, heap[parent] as Due)) break;
      heap[at] = heap[parent] as Due;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due {
    const heap = this.#heap;
    const first = heap[0] as Due;
    const last = heap.pop() as Due;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (!isBefore(heap[child] as Due, last)) break;
      heap[at] = heap[child] as Due;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.nth < b.nth);
}

/** All promises that can settle without more calls from outside have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
