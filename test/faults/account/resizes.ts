// Shards that come and go in a random run, and what must hold of them: an id is given once, a shard that was removed
// takes no event from the moment of the call, and one that is gone is sealed where the store has one writer.
import { ok, strictEqual } from 'node:assert/strict';
import { ScalingError } from '../../../src/errors/scaling-error.ts';
import type { World } from './world.ts';

export class Resizes {
  readonly #world: World;
  readonly #given: Set<number>;
  /** How many events a shard had accepted when it was removed. */
  readonly #removed = new Map<number, number>();
  /** How calls ended: by the kind of the error, or as done. */
  readonly outcomes: string[] = [];
  #open = 0;

  constructor(world: World) {
    this.#world = world;
    this.#given = new Set(world.engine.lanes.shards);
    world.adapter.armed = true;
  }

  act(): void {
    if (this.#world.chance.once(2)) this.#add();
    else this.#remove();
  }

  /** No shard that was removed has taken an event since. */
  check(): void {
    const { ledger } = this.#world;
    for (const [shard, accepted] of this.#removed)
      strictEqual(ledger.accepted.get(shard) ?? 0, accepted, `${shard} took`);
  }

  /** After the shutdown: every call has settled. */
  finish(): void {
    strictEqual(this.#open, 0, 'a call of addShards or removeShards has not settled');
  }

  #add(): void {
    const { bus, chance } = this.#world;
    this.#follow(bus.addShards(1 + chance.below(3)), (shards) => {
      for (const shard of shards) {
        ok(!this.#given.has(shard), `shard ${shard} was given twice`);
        this.#given.add(shard);
      }
    });
  }

  #remove(): void {
    const { adapter, bus, chance, engine } = this.#world;
    const before = engine.lanes.lanes.filter((lane) => !lane.isDraining);
    const shards = before.map(({ shard }) => shard).filter(() => chance.once(3));
    if (chance.once(10)) shards.push(chance.below(300));
    const removing = bus.removeShards(shards);
    for (const lane of before) if (lane.isDraining) this.#removed.set(lane.shard, engine.kernel.accepted(lane.ring));
    this.#follow(removing, () => {
      for (const shard of shards) {
        ok(!engine.lanes.shards.includes(shard), `shard ${shard} is not gone`);
        ok(!adapter.capabilities.exclusive || adapter.sealed.has(shard), `shard ${shard} is not sealed`);
      }
    });
  }

  #follow<T>(call: Promise<T>, check: (result: T) => void): void {
    this.#open += 1;
    call
      .then(
        (result) => {
          check(result);
          this.outcomes.push('done');
        },
        (error) => {
          ok(error instanceof ScalingError, error);
          this.outcomes.push(error.kind);
        },
      )
      .catch((error) => this.#world.faults.push(error))
      .finally(() => {
        this.#open -= 1;
      });
  }
}
