// What one random run is made of, drawn from its seed: the options of the bus and the temper of its adapter.
import type { Backpressure } from '../../../src/config/options.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import type { Answer } from './scripted-adapter.ts';

export const TIMEOUT_MS = 50;

export class Chance {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A whole number from 0 up to below `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** True in one of `among` cases. */
  once(among: number): boolean {
    return this.below(among) === 0;
  }
}

const MODES: readonly Backpressure[] = ['block', 'drop-oldest', 'drop-newest', { sample: 1 }, { sample: 3 }];

/** Options of the bus but for the adapter and the hook. */
export function drawOptions(chance: Chance) {
  return {
    shards: chance.pick([1, 1, 2, 4]),
    backpressure: chance.pick(MODES),
    ringCapacity: chance.pick([1, 2, 5, 16, 64]),
    ringBytes: chance.pick([256, 1024, 4096]),
    maxEventBytes: 64,
    maxWaitingBytes: chance.pick([1, 2000, 100_000]),
    batch: {
      maxEvents: chance.pick([1, 2, 7, 100]),
      maxDelayMs: chance.pick([0, 1, 5, 40]),
      maxBytes: chance.pick([1, 100, 400, 100_000]),
    },
    adapterTimeoutMs: TIMEOUT_MS,
    retry: {
      attempts: chance.pick([1, 2, 4, 'unlimited'] as const),
      baseDelayMs: 1 + chance.below(10),
      maxDelayMs: 30,
    },
    shutdownTimeoutMs: chance.pick([1, 30, 200, 1000]),
  };
}

const FAILURES = ['Transient', 'Transient', 'Backpressure', 'Fatal', 'Shutdown', 'alien', 'throws'] as const;

/** Draws answers of `onBatch`: with temper 0 all succeed, with 1 nearly all misbehave. */
export function drawAnswers(chance: Chance, temper: number): () => Answer {
  return () => {
    if (chance.next() >= temper) {
      const end = chance.once(8) ? ('no-promise' as const) : ('ok' as const);
      return { afterMs: chance.pick([0, 0, 1, 7]), obedient: false, end };
    }
    const end = chance.once(3) ? ('ok' as const) : chance.pick(FAILURES);
    const afterMs = chance.pick([0, 1, 10, TIMEOUT_MS - 1, TIMEOUT_MS, TIMEOUT_MS + 5, 2 * TIMEOUT_MS, 130, Infinity]);
    return { afterMs, obedient: chance.once(3), end };
  };
}

/** Draws answers of `flush` and of the adapter's `shutdown`. */
export function drawClosings(chance: Chance, temper: number): () => Answer {
  return () => {
    if (chance.next() >= temper / 2) return { afterMs: chance.pick([0, 0, 3]), obedient: false, end: 'ok' };
    return {
      afterMs: chance.pick([0, 5, Infinity]),
      obedient: chance.once(2),
      end: chance.pick(['ok', 'Transient', 'Fatal', 'alien']),
    };
  };
}
