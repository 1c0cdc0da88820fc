// One random run: buses that follow one another on a store, producers with keys, consumers in both orders, shards that
// come and go. Invariant: everything follows from the seed.
import { ok, strictEqual } from 'node:assert/strict';
import { memory } from '../../../src/adapters/memory/index.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { ScalingError } from '../../../src/errors/scaling-error.ts';
import { type FaultyFactory, faulty } from '../../../src/testing/fault-adapter.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { Chance } from '../account/plan.ts';
import { calm, drawOptions, drawTemper } from './plan.ts';
import { Reader } from './reader.ts';

export class World {
  readonly chance: Chance;
  readonly environment: ManualEnvironment;
  readonly adapter: FaultyFactory;
  readonly readers = [new Reader('sequence'), new Reader('timestamp')] as const;
  /** How calls of addShards and removeShards ended. */
  readonly outcomes: string[] = [];
  readonly #sealed = new Set<number>();
  readonly #faults: unknown[] = [];
  #bus!: EventBus;
  #given = new Set<number>();
  #calls = 0;
  #open = 0;
  /** Events that the buses said were dispatched, and those that may be in the store all the same. */
  #dispatched = 0;
  #doubtful = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.environment = new ManualEnvironment({ seed });
    this.adapter = faulty(memory(), this.environment);
  }

  async live(): Promise<void> {
    await this.#start();
    const steps = 10 + this.chance.below(60);
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      if (this.#faults.length > 0) throw this.#faults[0];
      const { eventsDispatched, eventsDropped, eventsIngested, eventsPending } = this.#bus.stats;
      strictEqual(eventsDispatched + eventsDropped + eventsPending, eventsIngested, 'the sum');
    }
    calm(this.adapter);
    await this.#stop();
    await this.#readAll();
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  async #start(): Promise<void> {
    const options = { ...drawOptions(this.chance), adapter: this.adapter };
    calm(this.adapter);
    this.#bus = (await EventBus.create(options, { environment: this.environment })) as unknown as EventBus;
    this.#given = new Set();
    this.#note(this.#bus.stats.shards.map(({ shard }) => shard));
    drawTemper(this.chance, this.adapter);
  }

  async #stop(): Promise<void> {
    const { eventsDispatched, droppedByReason } = await this.#drive(this.#closed());
    const { evicted: _, ...rest } = droppedByReason;
    this.#dispatched += eventsDispatched;
    for (const count of Object.values(rest)) this.#doubtful += count;
    strictEqual(this.#open, 0, 'a call of addShards or removeShards has not settled');
  }

  async #closed(): Promise<EventBus['stats']> {
    await this.#bus.shutdown().catch(() => 'what was stranded is counted');
    const { stats } = this.#bus;
    strictEqual(stats.eventsDispatched + stats.eventsDropped, stats.eventsIngested, 'the sum at the end');
    return stats;
  }

  async #step(): Promise<void> {
    const { chance, environment } = this;
    switch (chance.below(16)) {
      case 0:
      case 1:
        return this.#add();
      case 2:
      case 3:
        return this.#remove();
      case 4:
        return environment.turn();
      case 5:
        return environment.advance(chance.pick([1, 5, 20, 120]));
      case 6:
        drawTemper(chance, this.adapter);
        return;
      case 7:
        this.adapter.faults.release();
        return;
      case 8:
        void this.#bus.flush().catch(() => 'what failed is counted');
        return;
      case 9:
      case 10:
        await this.#drive(this.#readerOf().read(this.#bus, 1 + chance.below(30)));
        return;
      case 11:
        if (!chance.once(6)) return;
        await this.#stop();
        return this.#start();
      default:
        this.#produce();
    }
  }

  #readerOf(): Reader {
    return this.chance.pick(this.readers);
  }

  #produce(): void {
    for (let left = this.chance.pick([1, 3, 20]); left > 0; left -= 1) {
      const key = `key-${this.chance.below(6)}`;
      const payload = { key, call: this.#calls++ };
      try {
        void Promise.resolve(this.#bus.ingest(payload, { key })).catch(() => 'refused, and counted');
      } catch {
        // refused, and counted
      }
    }
  }

  #add(): void {
    this.#follow(this.#bus.addShards(1 + this.chance.below(2)), (shards) => this.#note(shards));
  }

  #remove(): void {
    const shards = this.#bus.stats.shards.map(({ shard }) => shard).filter(() => this.chance.once(2));
    this.#follow(this.#bus.removeShards(shards), () => {
      for (const shard of shards) this.#sealed.add(shard);
    });
  }

  /** S2: an id is given once in the life of a bus, and never after it was sealed. */
  #note(shards: readonly number[]): void {
    for (const shard of shards) {
      ok(!this.#sealed.has(shard), `shard ${shard} is sealed, and was given again`);
      ok(!this.#given.has(shard), `shard ${shard} was given twice`);
      this.#given.add(shard);
    }
  }

  #follow<T>(call: Promise<T>, done: (result: T) => void): void {
    this.#open += 1;
    call
      .then(
        (result) => {
          done(result);
          this.outcomes.push('done');
        },
        (error) => {
          ok(error instanceof ScalingError, error);
          this.outcomes.push(error.kind);
        },
      )
      .catch((error) => this.#faults.push(error))
      .finally(() => {
        this.#open -= 1;
      });
  }

  /** After the last life: all readers go on to the end, one starts anew, and they agree. */
  async #readAll(): Promise<void> {
    const options = { shards: 1, maxEventBytes: 256, ringCapacity: 8, adapter: this.adapter };
    const bus = (await EventBus.create(options, { environment: this.environment })) as unknown as EventBus;
    const fresh = new Reader('timestamp');
    for (const reader of [...this.readers, fresh]) while (await reader.read(bus, 1 + this.chance.below(40)));
    for (const reader of this.readers) reader.checkSame(fresh);
    ok(fresh.ids.size >= this.#dispatched, `${this.#dispatched} were dispatched, ${fresh.ids.size} are stored`);
    ok(fresh.ids.size <= this.#dispatched + this.#doubtful, 'the store has what nobody gave it');
    await bus.shutdown();
  }

  /** Lets virtual time pass until a promise settles. */
  async #drive<T>(promise: Promise<T>): Promise<T> {
    let open = true;
    const settled = promise.finally(() => {
      open = false;
    });
    settled.catch(() => 'the caller has it');
    for (let passed = 0; open; passed += 1) {
      ok(passed < 2000, 'a call has not settled in 2 s of virtual time');
      await this.environment.advance(1);
    }
    return settled;
  }
}
