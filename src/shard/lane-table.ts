// The shards of a bus: which lane a shard has, which ring a slot of the hash space leads to.
// Invariant: a lane that is wedged is out of the routes until its attempt has settled.
import { NONE, SLOTS } from '../../kernel/layout.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { Lane } from './lane.ts';

export class LaneTable {
  /** By ring. */
  readonly lanes: readonly Lane[];
  readonly #kernel: Kernel;
  readonly #slots: Uint16Array;

  constructor(kernel: Kernel, shards: readonly number[]) {
    this.#kernel = kernel;
    this.lanes = shards.map((shard, ring) => new Lane(shard, ring, kernel));
    this.#slots = evenSlots(shards.length);
    this.routeAround();
  }

  /** Writes the routes anew: every slot to its ring, but none to a wedged lane. */
  routeAround(): void {
    this.#kernel.setRoutes(this.#slots.map((ring) => (this.lanes[ring]?.phase === 'wedged' ? NONE : ring)));
  }

  get shards(): readonly number[] {
    return this.lanes.map((lane) => lane.shard);
  }

  get pending(): number {
    let sum = 0;
    for (const lane of this.lanes) sum += lane.pending;
    return sum;
  }

  get accepted(): number {
    let sum = 0;
    for (const lane of this.lanes) sum += this.#kernel.accepted(lane.ring);
    return sum;
  }

  /** The shards that have pending events, each with its oldest stamp and since when that waits for the adapter. */
  pendingShards(): { shard: number; oldestTimestampNs: bigint; sinceMs: number | undefined }[] {
    const pending: ReturnType<LaneTable['pendingShards']> = [];
    for (const { shard, oldestTimestampNs, sinceMs } of this.lanes) {
      if (oldestTimestampNs !== undefined) pending.push({ shard, oldestTimestampNs, sinceMs });
    }
    return pending;
  }
}

/** Slots dealt out in turn: every ring gets its share, give or take one. */
export function evenSlots(rings: number): Uint16Array {
  return Uint16Array.from({ length: SLOTS }, (_, slot) => slot % rings);
}
