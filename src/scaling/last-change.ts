// Remembers when shards last came or went, whoever did it, and what was dispatched before an addition to an overloaded
// bus: a later overload can then tell that more shards brought nothing. Seen in the samples alone.
import type { Load } from './load.ts';

/** The last time that the set of shards changed. */
export interface LastChange {
  /** When it was seen, in monotonic milliseconds. */
  readonly atMs: number;
  readonly shardsBefore: number;
  /**
   * Events per second that an overloaded bus dispatched before shards were added. Gone once the bus is not overloaded
   * any more: whatever limits it then is another matter.
   */
  readonly overloadedRate?: number;
}

export class ChangeWatch {
  #last: LastChange | undefined;
  #active: ReadonlySet<number> | undefined;
  #overloadedRate: number | undefined;

  /** The last change, undefined while there was none. */
  get last(): LastChange | undefined {
    return this.#last;
  }

  /** Takes the newest load; `isOverloaded` is what the decision thinks of it. */
  observe(load: Load, { atMs, isOverloaded }: { atMs: number; isOverloaded: boolean }): void {
    const active = new Set([...load.shards.map(({ shard }) => shard), ...load.young]);
    const before = this.#active;
    this.#active = active;
    if (before !== undefined && (before.size !== active.size || [...active].some((shard) => !before.has(shard)))) {
      const rate = active.size > before.size ? this.#overloadedRate : undefined;
      this.#last = { atMs, shardsBefore: before.size, ...(rate === undefined ? {} : { overloadedRate: rate }) };
    }
    if (!load.isComplete || load.young.length > 0) return;
    this.#overloadedRate = isOverloaded
      ? load.shards.reduce((sum, { dispatchRate }) => sum + dispatchRate, 0)
      : undefined;
    if (isOverloaded || this.#last?.overloadedRate === undefined) return;
    const { atMs: changedMs, shardsBefore } = this.#last;
    this.#last = { atMs: changedMs, shardsBefore };
  }
}
