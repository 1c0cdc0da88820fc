// What can go wrong in a call of an adapter, as data. The fault adapter (fault-adapter.ts) carries it out.
import { AdapterError, type AdapterErrorKind } from '../errors/adapter-error.ts';

/** The calls of an adapter that can be disturbed. */
export type FaultyCall =
  | 'init'
  | 'onBatch'
  | 'pollShard'
  | 'tail'
  | 'seek'
  | 'flush'
  | 'shutdown'
  | 'prepareShard'
  | 'sealShard'
  | 'listShards';

export type Fault =
  /** Does its work `delayMs` later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Waits until it is released, then does its work; rejects when its signal aborts, unless it is deaf to it. */
  | { readonly kind: 'hang'; readonly deaf: boolean }
  /** Does its work, then waits until it is released before it says so: the outcome is unknown meanwhile. */
  | { readonly kind: 'hang-after'; readonly deaf: boolean }
  /** Fails without doing anything. */
  | { readonly kind: 'fail'; readonly error: () => unknown }
  /** Does its work and fails all the same: the answer was lost. */
  | { readonly kind: 'fail-after'; readonly error: () => unknown }
  /** Of `onBatch`: stores the first half, rounded down, then fails. */
  | { readonly kind: 'half'; readonly error: () => unknown }
  /** Of `pollShard`: wakes the watchers of the shard, then answers with an empty page. */
  | { readonly kind: 'empty-read' };

/** What a call shall meet: a fault, none, or a choice by the number of the call, counted from 0. */
export type FaultPlan = Fault | undefined | ((nth: number) => Fault | undefined);

type Failure = AdapterErrorKind | (() => unknown);

/** Makes faults. */
export const fault = Object.freeze({
  /** Works, but late. */
  slow: (delayMs: number): Fault => ({ kind: 'slow', delayMs }),
  /** Never settles on its own. `deaf` ignores the signal; released, it does its work: success after a time-out. */
  hang: (options: { readonly deaf?: boolean } = {}): Fault => ({ kind: 'hang', deaf: options.deaf ?? false }),
  /** Does its work and does not tell. With `pollShard`, the answer is old when it comes. */
  hangAfter: (options: { readonly deaf?: boolean } = {}): Fault => ({
    kind: 'hang-after',
    deaf: options.deaf ?? false,
  }),
  /** Fails at once: an AdapterError of a kind (`Transient` by default), or whatever a function returns. */
  fail: (failure: Failure = 'Transient'): Fault => ({ kind: 'fail', error: thrower(failure) }),
  /** Does the work, then fails. */
  failAfter: (failure: Failure = 'Transient'): Fault => ({ kind: 'fail-after', error: thrower(failure) }),
  /** Stores the first half of a batch, then fails. */
  half: (failure: Failure = 'Transient'): Fault => ({ kind: 'half', error: thrower(failure) }),
  /** A wake-up during a read that finds nothing. */
  emptyRead: (): Fault => ({ kind: 'empty-read' }),
  /** The fault for the first `times` calls from now on, none afterwards. */
  times: (times: number, each: Fault): FaultPlan => {
    let left = times;
    return () => {
      left -= 1;
      return left >= 0 ? each : undefined;
    };
  },
  /** The fault for the next call alone. */
  once: (each: Fault): FaultPlan => fault.times(1, each),
});

function thrower(failure: Failure): () => unknown {
  return typeof failure === 'function'
    ? failure
    : () => new AdapterError(failure, `The fault adapter fails with ${failure}.`);
}
