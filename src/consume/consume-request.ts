// What a consumer asks of `poll`: built step by step as in the specification, or given as plain options.
// Invariant: a request never changes. One of another copy of the package counts, known by its mark.
// The hop after: poll-plan.ts, which validates.
import type { Filter } from './filter.ts';
import type { FilterJson } from './filter-node.ts';
import type { Ordering } from './ordering.ts';

const OPTIONS = Symbol.for('meshbus.ConsumeRequest');

/** Where to start: the oldest event there is, after the newest, at a time, or after a cursor. */
export type StartPoint = 'earliest' | 'latest' | { readonly timestamp: Date | bigint } | (string & {});

/** A request as plain options. */
export interface ConsumeOptions {
  /** The most events on the page, 0 to 100,000. With 0 nothing is read: the cursor comes back, `hasMore` is false. */
  readonly limit: number;
  /** @default 'earliest' */
  readonly from?: StartPoint | undefined;
  /** Only events that match are returned; the cursor passes the others. @default all */
  readonly filter?: Filter | FilterJson | undefined;
  /** @default 'sequence' */
  readonly ordering?: Ordering | undefined;
  /** Only these shards are read; the others stay where they were. @default all */
  readonly shards?: readonly number[] | undefined;
}

/**
 * A request for one page. Each method gives a new request; `poll` validates it.
 *
 * @example
 * ```ts
 * const request = new ConsumeRequest(100).from(cursor).ordering(Ordering.Timestamp).shards([0, 2]);
 * const page = await bus.poll(request);
 * ```
 */
export class ConsumeRequest {
  readonly [OPTIONS]: ConsumeOptions;

  /** @param limit The most events on the page, 0 to 100,000. */
  constructor(limit: number) {
    this[OPTIONS] = Object.freeze({ limit });
  }

  /** Starts at a cursor, at `'earliest'`, at `'latest'`, or at `{ timestamp }`. */
  from(start: StartPoint): ConsumeRequest {
    return this.#with({ from: start });
  }

  /** Returns matching events only. */
  filter(filter: Filter | FilterJson): ConsumeRequest {
    return this.#with({ filter });
  }

  ordering(ordering: Ordering): ConsumeRequest {
    return this.#with({ ordering });
  }

  /** Reads these shards only. */
  shards(shards: readonly number[]): ConsumeRequest {
    return this.#with({ shards: Object.freeze([...shards]) });
  }

  /** The request as plain options. */
  toJSON(): ConsumeOptions {
    return this[OPTIONS];
  }

  #with(change: Partial<ConsumeOptions>): ConsumeRequest {
    const request = new ConsumeRequest(this[OPTIONS].limit);
    Object.defineProperty(request, OPTIONS, { value: Object.freeze({ ...this[OPTIONS], ...change }) });
    return request;
  }
}

/** The options of a ConsumeRequest, from whichever copy of the package; anything else as it is. */
export function optionsOf(request: unknown): unknown {
  if (typeof request !== 'object' || request === null) return request;
  return (request as { [OPTIONS]?: unknown })[OPTIONS] ?? request;
}
