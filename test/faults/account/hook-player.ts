// The dead-letter hook of a random run: keeps what it got, settles in every way, and calls back into the bus.
import { ok, strictEqual } from 'node:assert/strict';
import type { Batch } from '../../../src/adapter/contract.ts';
import type { AdapterError } from '../../../src/errors/adapter-error.ts';
import type { World } from './world.ts';

export interface DeadLetter {
  readonly batch: Batch;
  readonly error: AdapterError;
}

export class HookPlayer {
  readonly letters: DeadLetter[] = [];
  readonly #world: World;
  readonly #seen = new Set<Batch>();

  constructor(world: World) {
    this.#world = world;
  }

  take(batch: Batch, error: AdapterError): unknown {
    const { chance, environment, faults } = this.#world;
    try {
      ok(!this.#seen.has(batch), 'the hook got a batch twice');
      this.#world.check();
    } catch (fault) {
      faults.push(fault);
    }
    this.#seen.add(batch);
    this.letters.push({ batch, error });
    this.#callBack();
    switch (chance.below(6)) {
      case 0:
        throw new Error('the hook throws');
      case 1:
        return Promise.reject(new Error('the hook rejects'));
      case 2:
        return new Promise<void>((resolve) => environment.after(chance.below(80), resolve));
      case 3:
        return chance.once(4) ? new Promise<void>(() => undefined) : undefined;
      default:
        return undefined;
    }
  }

  #callBack(): void {
    const { bus, chance, producers } = this.#world;
    strictEqual(bus.stats.eventsPending >= 0, true);
    switch (chance.below(8)) {
      case 0:
        producers.ingestOne();
        return;
      case 1:
        void this.#world.flush();
        return;
      case 2:
        if (chance.once(4)) void this.#world.shutdown();
        return;
    }
  }
}
