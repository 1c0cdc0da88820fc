// Hears the drop messages of one bus, and now and then calls the bus from within one.
import { deepStrictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DropMessage } from '../../../src/bus/announcer.ts';
import { noEnds } from '../../../src/shard/ends.ts';
import type { World } from './world.ts';

export class DropListener {
  readonly #counts = noEnds();
  readonly #world: World;
  readonly #hear: (message: unknown) => void;

  constructor(world: World, producer: string) {
    this.#world = world;
    this.#hear = (message) => this.#take(message as DropMessage, producer);
    subscribe('meshbus:drop', this.#hear);
  }

  /** Checks that every drop was told. */
  finish(): void {
    unsubscribe('meshbus:drop', this.#hear);
    const { dispatched: _, ...dropped } = this.#counts;
    deepStrictEqual(dropped, this.#world.bus.stats.droppedByReason);
  }

  #take(message: DropMessage, producer: string): void {
    if (message.producer !== producer) return;
    const { chance, faults, producers } = this.#world;
    this.#counts[message.reason] += message.count;
    try {
      this.#world.check();
    } catch (fault) {
      faults.push(fault);
    }
    if (chance.once(10)) producers.ingestOne();
    if (chance.once(20)) void this.#world.flush();
  }
}
