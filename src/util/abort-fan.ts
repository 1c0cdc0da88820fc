// Many waiters on few signals. Invariant: a signal has one listener of a fan while anyone waits, and none otherwise:
// Node warns of a leak from the eleventh listener on, and a bus may have a call for each of 256 shards under way.

export class AbortFan {
  readonly #waiters = new WeakMap<AbortSignal, Set<() => void>>();

  /** Calls once the signal aborts, at once when it has; returns how to stop waiting, which is harmless to repeat. */
  add(signal: AbortSignal, call: () => void): () => void {
    if (signal.aborted) {
      call();
      return () => undefined;
    }
    const waiters = this.#waiters.get(signal) ?? this.#listen(signal);
    // The same function may wait twice.
    const waiter = (): void => call();
    waiters.add(waiter);
    return () => {
      if (waiters.delete(waiter) && waiters.size === 0) this.#leave(signal);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const waiters = new Set<() => void>();
    this.#waiters.set(signal, waiters);
    signal.addEventListener('abort', this.#onAbort);
    return waiters;
  }

  #leave(signal: AbortSignal): void {
    this.#waiters.delete(signal);
    signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    const waiters = this.#waiters.get(signal);
    this.#leave(signal);
    const errors: unknown[] = [];
    for (const waiter of waiters ?? []) {
      waiters?.delete(waiter);
      try {
        waiter();
      } catch (error) {
        errors.push(error); // Thrown below, once nobody waits any more.
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'several waiters threw');
  };
}
