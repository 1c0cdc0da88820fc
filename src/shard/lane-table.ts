// The shards of a bus: which lane a shard has, which ring a slot of the hash space leads to.
// Invariants: a lane that is wedged is out of the routes until its attempt has settled, one that drains for good; a
// shard's id is given once in the life of a bus, since its sequences begin anew.
import { NONE } from '../../kernel/layout.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { Lane } from './lane.ts';
import { SlotMap } from './slot-map.ts';

export class LaneTable {
  readonly #kernel: Kernel;
  readonly #slots = new SlotMap();
  /** By ring; rings that are closed have none. */
  readonly #byRing: (Lane | undefined)[] = [];
  readonly #given = new Set<number>();
  #lanes: readonly Lane[] = [];
  #acceptedBefore = 0;

  /** The kernel has room for a ring each. */
  constructor(kernel: Kernel, shards: readonly number[]) {
    this.#kernel = kernel;
    this.add(shards);
  }

  /** Those that exist, ascending by shard: active or draining. */
  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Those that take events, or would if they were not wedged. */
  get active(): readonly Lane[] {
    return this.#lanes.filter((lane) => !lane.isDraining);
  }

  /** The lane of a ring that is open. */
  byRing(ring: number): Lane {
    return this.#byRing[ring] as Lane;
  }

  /** Every id that this bus has ever written under. */
  get given(): ReadonlySet<number> {
    return this.#given;
  }

  get shards(): readonly number[] {
    return this.#lanes.map((lane) => lane.shard);
  }

  get pending(): number {
    let sum = 0;
    for (const lane of this.#lanes) sum += lane.pending;
    return sum;
  }

  /** Events ever accepted, those of shards that are gone too. */
  get accepted(): number {
    let sum = this.#acceptedBefore;
    for (const lane of this.#lanes) sum += this.#kernel.accepted(lane.ring);
    return sum;
  }

  /** Makes shards that this bus never had, and routes their share to them. The kernel has room for a ring each. */
  add(shards: readonly number[]): void {
    for (const shard of shards) {
      const lane = new Lane(shard, this.#kernel.openRing(), this.#kernel);
      this.#byRing[lane.ring] = lane;
      this.#given.add(shard);
      this.#slots.add(lane.ring);
      this.#lanes = [...this.#lanes, lane];
    }
    this.#lanes = this.#lanes.toSorted((a, b) => a.shard - b.shard);
    this.routeAround();
  }

  /** Takes lanes out of the routes; their keys go to lanes that work, if there are any. One active lane has to stay. */
  divert(lanes: readonly Lane[]): void {
    for (const lane of lanes) lane.isDraining = true;
    const left = this.active;
    const working = left.filter(({ phase }) => phase !== 'wedged');
    const heirs = (working.length > 0 ? working : left).map(({ ring }) => ring);
    this.#slots.remove(new Set(lanes.map(({ ring }) => ring)), heirs);
    this.routeAround();
  }

  /** Forgets a lane that is drained; its ring is free for another shard. */
  retire(lane: Lane): void {
    lane.isGone = true;
    this.#acceptedBefore += this.#kernel.accepted(lane.ring);
    this.#kernel.closeRing(lane.ring);
    this.#byRing[lane.ring] = undefined;
    this.#lanes = this.#lanes.filter((each) => each !== lane);
  }

  /** Writes the routes anew: every slot to its ring, but none to a wedged lane. */
  routeAround(): void {
    this.#kernel.setRoutes(this.#slots.rings.map((ring) => (this.#byRing[ring]?.phase === 'wedged' ? NONE : ring)));
  }

  /** The shards that have pending events, each with its oldest stamp and since when that waits for the adapter. */
  pendingShards(): { shard: number; oldestTimestampNs: bigint; sinceMs: number | undefined }[] {
    const pending: ReturnType<LaneTable['pendingShards']> = [];
    for (const { shard, oldestTimestampNs, sinceMs } of this.#lanes) {
      if (oldestTimestampNs !== undefined) pending.push({ shard, oldestTimestampNs, sinceMs });
    }
    return pending;
  }
}
