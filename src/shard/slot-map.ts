// Which ring each of the 4,096 slots of the hash space belongs to. Pure: the routes of the kernel are the table's to set.
// Invariants: every slot has one ring; shares differ by one at most, as long as rings come and go through here; a ring
// that comes takes slots from the others and moves no other slot, one that goes moves its own alone.
import { SLOTS } from '../../kernel/layout.ts';

export class SlotMap {
  readonly #rings = new Uint16Array(SLOTS);
  /** Slots of each ring that has a share. */
  readonly #shares = new Map<number, number>();

  /** The ring of every slot. */
  get rings(): Readonly<Uint16Array> {
    return this.#rings;
  }

  shareOf(ring: number): number {
    return this.#shares.get(ring) ?? 0;
  }

  /** Gives a ring its fair share: the first one all, any other always from the largest share. */
  add(ring: number): void {
    const fair = Math.floor(SLOTS / (this.#shares.size + 1));
    if (this.#shares.size === 0) {
      this.#rings.fill(ring);
      this.#shares.set(ring, SLOTS);
      return;
    }
    const left = new Map(this.#shares);
    for (let taken = 0; taken < fair; taken += 1) {
      const giver = extreme(left, (share, best) => share > best);
      left.set(giver, (left.get(giver) as number) - 1);
    }
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const giver = this.#rings[slot] as number;
      if (this.shareOf(giver) > (left.get(giver) ?? SLOTS)) this.#move(slot, ring);
    }
  }

  /**
   * Takes rings out: each of their slots goes to the one of `heirs` that has the fewest. There has to be one that stays.
   */
  remove(rings: ReadonlySet<number>, heirs: readonly number[]): void {
    const shares = new Map(heirs.map((heir) => [heir, this.shareOf(heir)]));
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (!rings.has(this.#rings[slot] as number)) continue;
      const heir = extreme(shares, (share, best) => share < best);
      shares.set(heir, (shares.get(heir) as number) + 1);
      this.#move(slot, heir);
    }
    for (const ring of rings) this.#shares.delete(ring);
  }

  #move(slot: number, ring: number): void {
    const from = this.#rings[slot] as number;
    this.#rings[slot] = ring;
    this.#shares.set(from, this.shareOf(from) - 1);
    this.#shares.set(ring, this.shareOf(ring) + 1);
  }
}

/** The ring whose share no other one beats; the first of equals. */
function extreme(shares: ReadonlyMap<number, number>, beats: (share: number, best: number) => boolean): number {
  let found: readonly [number, number] | undefined;
  for (const [ring, share] of shares) if (found === undefined || beats(share, found[1])) found = [ring, share];
  if (found === undefined) throw new Error('no ring is left for the slots');
  return found[0];
}
