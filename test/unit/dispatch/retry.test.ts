// The decisions after a failed attempt, without a bus.
import { expect, test } from 'vitest';
import { afterFailure, type RetryPolicy, retryDelayMs } from '../../../src/dispatch/retry.ts';
import { AdapterError, type AdapterErrorKind } from '../../../src/errors/adapter-error.ts';

const POLICY: RetryPolicy = { attempts: 'unlimited', baseDelayMs: 10, maxDelayMs: 1000 };

function attempt(kind: AdapterErrorKind, more: Partial<Parameters<typeof afterFailure>[0]> = {}) {
  const error = new AdapterError(kind, 'no');
  return { error, timedOut: false, doubtful: more.timedOut ?? false, attempts: 1, deduplicates: false, ...more };
}

test('D2 Transient and Backpressure alone are retried', () => {
  for (const kind of ['Transient', 'Backpressure'] as const) {
    expect(afterFailure(attempt(kind, { attempts: 1e9 }), POLICY)).toBe('retry');
  }
  for (const kind of ['Fatal', 'Connection', 'Shutdown', 'Serialization'] as const) {
    expect(afterFailure(attempt(kind), POLICY)).toBe('adapter-rejected');
  }
});

test('D2 attempts count in all, the first included', () => {
  const policy = { ...POLICY, attempts: 3 };
  expect(afterFailure(attempt('Transient', { attempts: 2 }), policy)).toBe('retry');
  expect(afterFailure(attempt('Transient', { attempts: 3 }), policy)).toBe('retries-exhausted');
  expect(afterFailure(attempt('Transient', { attempts: 1 }), { ...POLICY, attempts: 1 })).toBe('retries-exhausted');
});

test('D2 a time-out is retried by an adapter that deduplicates, whatever the error, and is else unconfirmed', () => {
  expect(afterFailure(attempt('Fatal', { timedOut: true, deduplicates: true }), POLICY)).toBe('retry');
  expect(afterFailure(attempt('Transient', { timedOut: true }), POLICY)).toBe('unconfirmed');
  const last = attempt('Transient', { timedOut: true, deduplicates: true, attempts: 3 });
  expect(afterFailure(last, { ...POLICY, attempts: 3 })).toBe('unconfirmed');
});

test('D2 a batch that may be stored since an earlier time-out is dropped as unconfirmed', () => {
  const refused = attempt('Fatal', { doubtful: true, deduplicates: true, attempts: 2 });
  expect(afterFailure(refused, POLICY)).toBe('unconfirmed');
  const spent = attempt('Transient', { doubtful: true, deduplicates: true, attempts: 3 });
  expect(afterFailure(spent, { ...POLICY, attempts: 3 })).toBe('unconfirmed');
});

test('D2 delays double from the base up to the most, half of each by chance', () => {
  const bounds = [1, 2, 3, 7, 8, 20, 1e9].map((n) => [retryDelayMs(n, POLICY, 0), retryDelayMs(n, POLICY, 1)]);
  expect(bounds).toEqual([
    [5, 10],
    [10, 20],
    [20, 40],
    [320, 640],
    [500, 1000],
    [500, 1000],
    [500, 1000],
  ]);
});
