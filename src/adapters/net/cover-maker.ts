// Seals the streams of earlier openings of this store: once no linked node has more of them, it says up to where this opening
// found them, and positions need not name them any longer. Invariant: one cover a shard and opening, durable before it is told.
import type { Cover, CoverEntry } from './protocol/messages.ts';
import type { Replication } from './protocol/replication.ts';
import type { ShardStreams } from './store/shard-streams.ts';
import type { StreamStore } from './store/stream-store.ts';

/** How long a tail that others have kept may take to show up. */
const SETTLE_MS = 5000;

export class CoverMaker {
  readonly #store: StreamStore;
  readonly #own: string;
  readonly #replication: Replication;
  readonly #made = new Set<number>();
  #startedAtMs: number | undefined;

  /** @param own The producer of this opening. */
  constructor(store: StreamStore, own: string, replication: Replication) {
    this.#store = store;
    this.#own = own;
    this.#replication = replication;
  }

  /** The covers that could be made now. Of several shards those before the one that failed are told, and it is tried again. */
  async make(nowMs: number): Promise<readonly Cover[]> {
    this.#startedAtMs ??= nowMs;
    const { previous } = this.#store;
    if (previous === undefined || previous === this.#own || nowMs - this.#startedAtMs < SETTLE_MS) return [];
    const covers: Cover[] = [];
    for (const streams of [...this.#store.shards()]) {
      const entries = this.#made.has(streams.shard) ? undefined : this.#entries(streams, previous);
      if (entries === undefined) continue;
      try {
        await this.#store.makeCover(streams.shard, this.#own, entries);
      } catch (error) {
        if (covers.length === 0) throw error;
        return covers; // The next call meets it first.
      }
      this.#made.add(streams.shard);
      // What it says is what was noted first, also when the store refused it then.
      covers.push({ shard: streams.shard, child: this.#own, entries: streams.covers.entries(this.#own) });
    }
    return covers;
  }

  /** What the cover of a shard says; undefined while there is nothing to say, or a tail is missing. */
  #entries({ shard, covers }: ShardStreams, previous: string): readonly CoverEntry[] | undefined {
    const earlier = covers.endsOf(previous).ends;
    const hasCover = covers.has(previous);
    const stream = this.#store.stream(shard, previous);
    if (stream === undefined && !hasCover) return undefined;
    const entries: CoverEntry[] = [{ producer: previous, end: stream?.to ?? 0, hasCover }];
    if (this.#replication.isBehind(shard, previous)) return undefined;
    for (const [producer, end] of earlier) {
      const to = this.#store.stream(shard, producer)?.to ?? 0;
      if (this.#replication.isBehind(shard, producer)) return undefined;
      if (to > end) entries.push({ producer, end: to, hasCover: false });
    }
    return entries;
  }
}
