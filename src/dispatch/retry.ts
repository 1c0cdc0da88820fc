// What to do with a batch whose attempt failed, and how long to wait before the next one. Pure decisions.
import type { AdapterError } from '../errors/adapter-error.ts';
import type { DropReason } from '../shard/ends.ts';

/** How often and how fast a batch is sent again. */
export interface RetryPolicy {
  /** Attempts in all, or 'unlimited'. */
  readonly attempts: number | 'unlimited';
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export interface FailedAttempt {
  readonly error: AdapterError;
  /** The adapter failed only after its time-out: whether it stored the batch is unknown. */
  readonly timedOut: boolean;
  /** This attempt or an earlier one of the same batch timed out: the batch may be stored. */
  readonly doubtful: boolean;
  /** Attempts made, this one included. */
  readonly attempts: number;
  readonly deduplicates: boolean;
}

/** Why the batch is dropped, or 'retry'. */
export function afterFailure(attempt: FailedAttempt, policy: RetryPolicy): DropReason | 'retry' {
  const { attempts, deduplicates, doubtful, error, timedOut } = attempt;
  const mayRepeat = timedOut ? deduplicates : error.isRetryable();
  const isLast = policy.attempts !== 'unlimited' && attempts >= policy.attempts;
  if (mayRepeat && !isLast) return 'retry';
  if (doubtful) return 'unconfirmed';
  return mayRepeat ? 'retries-exhausted' : 'adapter-rejected';
}

/**
 * Milliseconds before the next attempt: doubling from the base, half of it fixed and half by chance.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (equal jitter).
 */
export function retryDelayMs(attempts: number, policy: RetryPolicy, random: number): number {
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempts - 1, 30));
  return full / 2 + (full / 2) * random;
}
