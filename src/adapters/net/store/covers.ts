// Which streams of a shard were succeeded by which: each opening of a store is a new producer, and its cover says up to where
// it found those of the openings before. Invariant: what a cover says of a stream never changes, since positions rely on it.
import type { Cover, CoverEntry } from '../protocol/messages.ts';
import { keyOf } from './stream.ts';

const MOST_KEYS = 10_000;

/** What who has read of a child, with its cover, has read beside it. */
export interface CoveredEnds {
  /** By producer: one more than the newest sequence that counts as read. */
  readonly ends: ReadonlyMap<string, number>;
  /** Children that it leads to, whose covers are not known here. */
  readonly missing: readonly string[];
}

export class Covers {
  readonly #byChild = new Map<string, Map<string, CoverEntry>>();
  readonly #ends = new Map<string, CoveredEnds>();
  /** Of producers that were asked for: a digest for each page would cost more than the page. */
  readonly #keys = new Map<string, string>();
  #roots: readonly string[] | undefined;

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

  /** The same as `keyOf`, made once. */
  keyOf(producer: string): string {
    let key = this.#keys.get(producer);
    if (key === undefined) {
      if (this.#keys.size > MOST_KEYS) this.#keys.clear();
      key = keyOf(producer);
      this.#keys.set(producer, key);
    }
    return key;
  }

  has(child: string): boolean {
    return this.#byChild.has(child);
  }

  /**
   * Forgets what a child covers. That others cover the child stays, since another node may still have its events; for them
   * it is known to cover nothing any more.
   */
  forget(child: string): void {
    if (this.#isCovered(child)) this.#byChild.set(child, new Map());
    else this.#byChild.delete(child);
    this.#changed();
  }

  /** The streams that a child covers itself. */
  entries(child: string): readonly CoverEntry[] {
    return [...(this.#byChild.get(child)?.values() ?? [])];
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
    const missing: string[] = [];
    for (const each of seen) {
      const cover = this.#byChild.get(each);
      if (cover === undefined) missing.push(each);
      for (const { producer, end, hasCover } of cover?.values() ?? []) {
        ends.set(producer, Math.max(end, ends.get(producer) ?? 0));
        if (hasCover) seen.add(producer); // A set that grows is walked to its end.
      }
    }
    return { ends, missing };
  }

  #isCovered(producer: string): boolean {
    for (const cover of this.#byChild.values()) if (cover.has(producer)) return true;
    return false;
  }

  #changed(): void {
    this.#ends.clear();
    this.#roots = undefined;
  }
}

/** The same as a message for each child. */
export function* coversOf(shard: number, covers: Covers): IterableIterator<Cover> {
  // What was forgotten here may count for others: of it nothing is told.
  for (const [child, entries] of covers.all()) if (entries.length > 0) yield { shard, child, entries };
}
