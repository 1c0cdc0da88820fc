// Ties work to abort signals that others own. Invariant: a signal carries one listener of ours at most, however many
// calls hang on it, and none once they have ended.

interface Link {
  readonly stops: Set<(reason: unknown) => void>;
  readonly onAbort: () => void;
}

/** One per bus. */
export class AbortLinks {
  readonly #links = new Map<AbortSignal, Link>();

  /** Calls `stop` once when the signal aborts, now when it has; returns how to let go. */
  link(signal: AbortSignal | undefined, stop: (reason: unknown) => void): () => void {
    if (signal === undefined) return () => undefined;
    if (signal.aborted) {
      stop(signal.reason);
      return () => undefined;
    }
    const link = this.#links.get(signal) ?? this.#listen(signal);
    const own = (reason: unknown): void => stop(reason);
    link.stops.add(own);
    return () => {
      if (link.stops.delete(own) && link.stops.size === 0) this.#forget(signal, link);
    };
  }

  #listen(signal: AbortSignal): Link {
    const link: Link = {
      stops: new Set(),
      onAbort: () => {
        const stops = [...link.stops];
        link.stops.clear();
        this.#forget(signal, link);
        for (const stop of stops) stop(signal.reason);
      },
    };
    this.#links.set(signal, link);
    signal.addEventListener('abort', link.onAbort);
    return link;
  }

  #forget(signal: AbortSignal, link: Link): void {
    signal.removeEventListener('abort', link.onAbort);
    if (this.#links.get(signal) === link) this.#links.delete(signal);
  }
}
