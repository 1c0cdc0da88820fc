// Remembers since when a shard cannot be read, from poll to poll: a failing shard holds Timestamp order back, for a while.
import type { ShardReader } from './shard-reader.ts';

export class ShardFailures {
  readonly #maxHoldMs: number;
  readonly #nowMs: () => number;
  readonly #sinceMs = new Map<number, number>();

  constructor(maxHoldMs: number, nowMs: () => number) {
    this.#maxHoldMs = maxHoldMs;
    this.#nowMs = nowMs;
  }

  /** Takes notice of what became of a reader. */
  note(reader: ShardReader): void {
    if (reader.error === undefined) this.#sinceMs.delete(reader.shard);
    else if (!this.#sinceMs.has(reader.shard)) this.#sinceMs.set(reader.shard, this.#nowMs());
  }

  /** Whether the reader fails, and has not failed for so long that the order goes on without it. */
  holds(reader: ShardReader): boolean {
    if (reader.error === undefined) return false;
    const now = this.#nowMs();
    return now - (this.#sinceMs.get(reader.shard) ?? now) < this.#maxHoldMs;
  }
}
