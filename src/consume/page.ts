// What `poll` gives. Invariant: it is complete in itself; nothing of it changes after it was given.
import type { Gap } from '../adapter/contract.ts';
import type { AdapterError } from '../errors/adapter-error.ts';
import type { StoredEvent, StoredEventJson } from '../event/stored-event.ts';

/** A shard that could not be read for this page. */
export interface FailedShard {
  readonly shard: number;
  readonly error: AdapterError;
}

/** A page as JSON. */
export interface ConsumeResponseJson extends Omit<ConsumeResponse, 'events' | 'failedShards' | 'toJSON'> {
  readonly events: readonly StoredEventJson[];
  readonly failedShards: readonly { readonly shard: number; readonly code: string; readonly message: string }[];
}

/**
 * One page. Store `cursor` and hand it back as `from` to go on; `JSON.stringify(page)` is useful as it is.
 *
 * @example
 * ```ts
 * let page = await bus.poll({ limit: 100 });
 * while (page.hasMore) page = await bus.poll({ limit: 100, from: page.cursor });
 * ```
 */
export class ConsumeResponse<T = unknown> {
  readonly events: StoredEvent<T>[];
  /** Where to go on: opaque, base64url, the same text for the same place. */
  readonly cursor: string;
  /** True when another poll now would make progress. What a hold keeps back does not count. */
  readonly hasMore: boolean;
  /** Events between the cursor before and this one that existed and cannot be read any more. */
  readonly gaps: readonly Gap[];
  /** Shards that could not be read: the cursor leaves them where they were. */
  readonly failedShards: readonly FailedShard[];
  /** Shards that hold back events in Timestamp order, since older ones of theirs may still come. */
  readonly heldShards: readonly number[];

  constructor(parts: Omit<ConsumeResponse<T>, 'toJSON'>) {
    this.events = parts.events;
    this.cursor = parts.cursor;
    this.hasMore = parts.hasMore;
    this.gaps = parts.gaps;
    this.failedShards = parts.failedShards;
    this.heldShards = parts.heldShards;
  }

  toJSON(): ConsumeResponseJson {
    return {
      events: this.events.map((event) => event.toJSON()),
      cursor: this.cursor,
      hasMore: this.hasMore,
      gaps: this.gaps,
      failedShards: this.failedShards.map(({ shard, error }) => ({ shard, code: error.code, message: error.message })),
      heldShards: this.heldShards,
    };
  }
}
