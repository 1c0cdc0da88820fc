// Counts who was not let in and why, and tells of it without flooding. Invariant: a reason is told at once when it is
// new, and then at most every ten seconds with the number since; the reasons that are counted are bounded.
import type { Finding } from '../../../adapter/finding.ts';

const TELL_EVERY_MS = 10_000;
const MOST_REASONS = 64;
const OTHER = 'other reasons';

interface Count {
  total: number;
  untold: number;
  toldAtMs: number;
}

export class Refusals {
  readonly #counts = new Map<string, Count>();
  readonly #report: (finding: Finding) => void;
  readonly #nowMs: () => number;
  #total = 0;

  constructor(report: (finding: Finding) => void, nowMs: () => number) {
    this.#report = report;
    this.#nowMs = nowMs;
  }

  get total(): number {
    return this.#total;
  }

  /** By reason. */
  get byReason(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([reason, { total }]) => [reason, total]));
  }

  /** One more. `reason` is a word of a small set, `text` says it to people. */
  add(reason: string, text: string): void {
    this.#total += 1;
    const name = this.#counts.has(reason) || this.#counts.size < MOST_REASONS ? reason : OTHER;
    const count = this.#counts.get(name) ?? { total: 0, untold: 0, toldAtMs: Number.NEGATIVE_INFINITY };
    this.#counts.set(name, count);
    count.total += 1;
    count.untold += 1;
    const nowMs = this.#nowMs();
    if (nowMs - count.toldAtMs < TELL_EVERY_MS) return;
    const more = count.untold > 1 ? ` (${count.untold} times since it was told last)` : '';
    count.untold = 0;
    count.toldAtMs = nowMs;
    this.#report({ kind: `net-${name}`, message: `${text}${more}` });
  }
}
