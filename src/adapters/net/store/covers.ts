// Which streams of a shard were succeeded by which: each opening of a store is a new producer, and its cover says up to where
// it found those of the openings before. Invariant: what a cover says of a stream never changes, since positions rely on it.
import type { Cover, CoverEntry } from '../protocol/messages.ts';

/** What who has read of a child, with its cover, has read beside it. */
export interface CoveredEnds {
  /** By producer: one more than the newest sequence that counts as read. */
  readonly ends: ReadonlyMap<string, number>;
  /** False when a cover that it leads to is not known here. */
  readonly complete: boolean;
}

export class Covers {
  readonly #byChild = new Map<string, Map<string, CoverEntry>>();
  readonly #ends = new Map<string, CoveredEnds>();
  readonly #isForgotten: (producer: string, end: number) => boolean;
  #roots: readonly string[] | undefined;

  /** @param isForgotten Whether a stream up to an end, and with it all that it covers, was forgotten here. */
  constructor(isForgotten: (producer: string, end: number) => boolean) {
    this.#isForgotten = isForgotten;
  }

  /** Takes note of a cover. False when all of it was known. */
  add(child: string, entries: readonly CoverEntry[]): boolean {
    const known = this.#byChild.get(child);
    const cover = known ?? new Map<string, CoverEntry>();
    const fresh = entries.filter(({ producer }) => !cover.has(producer));
    if (known !== undefined && fresh.length === 0) return false;
    for (const entry of fresh) cover.set(entry.producer, entry);
    this.#byChild.set(child, cover);
    this.#changed();
    return true;
  }

  has(child: string): boolean {
    return this.#byChild.has(child);
  }

  /** Forgets what a child covers. That others cover the child stays: another node may still have its events. */
  forget(child: string): void {
    this.#byChild.delete(child);
    this.#changed();
  }

  /** The streams that a child covers itself. */
  entries(child: string): readonly CoverEntry[] {
    return [...(this.#byChild.get(child)?.values() ?? [])];
  }

  /** The greatest end that any child tells of a stream; 0 when none does. */
  farthest(producer: string): number {
    let farthest = 0;
    for (const cover of this.#byChild.values()) farthest = Math.max(farthest, cover.get(producer)?.end ?? 0);
    return farthest;
  }

  *all(): IterableIterator<readonly [child: string, entries: readonly CoverEntry[]]> {
    for (const child of this.#byChild.keys()) yield [child, this.entries(child)];
  }

  /** Children that no other child covers. */
  get roots(): readonly string[] {
    if (this.#roots === undefined) {
      const covered = new Set<string>();
      for (const cover of this.#byChild.values()) for (const producer of cover.keys()) covered.add(producer);
      this.#roots = [...this.#byChild.keys()].filter((child) => !covered.has(child));
    }
    return this.#roots;
  }

  /** All that a child covers, over all openings before it. */
  endsOf(child: string): CoveredEnds {
    let ends = this.#ends.get(child);
    if (ends === undefined) {
      ends = this.#collect(child);
      this.#ends.set(child, ends);
    }
    return ends;
  }

  #collect(child: string): CoveredEnds {
    const ends = new Map<string, number>();
    const seen = new Set([child]);
    let complete = true;
    for (const each of seen) {
      const cover = this.#byChild.get(each);
      if (cover === undefined) complete = false;
      for (const { producer, end, hasCover } of cover?.values() ?? []) {
        ends.set(producer, Math.max(end, ends.get(producer) ?? 0));
        if (hasCover && !this.#isForgotten(producer, end)) seen.add(producer); // A set that grows is walked to its end.
      }
    }
    return { ends, complete };
  }

  #changed(): void {
    this.#ends.clear();
    this.#roots = undefined;
  }
}

/** The same as a message for each child. */
export function* coversOf(shard: number, covers: Covers): IterableIterator<Cover> {
  for (const [child, entries] of covers.all()) yield { shard, child, entries };
}
