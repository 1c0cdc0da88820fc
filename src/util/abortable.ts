// Waiting that a signal can end, without a listener left behind on the signal.
import type { AbortFan } from './abort-fan.ts';

/** Settles as the promise does, or rejects with the signal's reason once it aborts; the fan listens. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, fan: AbortFan): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = fan.add(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    leave?.();
  }
}
