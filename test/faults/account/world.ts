// One random run: a bus in virtual time, what is done to it, and what must hold after every step.
// Invariant: everything follows from the seed.
import { ok, strictEqual } from 'node:assert/strict';
import type { Engine } from '../../../src/bus/engine.ts';
import type { EventBus } from '../../../src/bus/event-bus.ts';
import type { StatsSnapshot } from '../../../src/bus/stats.ts';
import type { Flush } from '../../../src/dispatch/flushes.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { openEngine } from '../../support/open-engine.ts';
import { checkAdapterView } from './adapter-view.ts';
import { DropListener } from './drop-listener.ts';
import { EndLedger } from './end-ledger.ts';
import { type FlushCall, FlushModel } from './flush-model.ts';
import { HookPlayer } from './hook-player.ts';
import { Chance, drawAnswers, drawClosings, drawOptions, TIMEOUT_MS } from './plan.ts';
import { Producers } from './producers.ts';
import { Resizes } from './resizes.ts';
import { ScriptedAdapter } from './scripted-adapter.ts';

type Options = ReturnType<typeof drawOptions>;

export class World {
  readonly chance: Chance;
  readonly environment: ManualEnvironment;
  readonly options: Options;
  readonly adapter: ScriptedAdapter;
  readonly ledger = new EndLedger();
  readonly flushes = new FlushModel(this.ledger);
  readonly hook: HookPlayer | undefined;
  /** Whether shards come and go in this run. */
  readonly scales: boolean;
  /** What went wrong inside a callback, where an assertion would be swallowed. */
  readonly faults: unknown[] = [];
  bus!: EventBus;
  engine!: Engine;
  producers!: Producers;
  resizes!: Resizes;
  drops!: DropListener;
  readonly #closing: Promise<unknown>[] = [];
  #starting: FlushCall | undefined;

  private constructor(seed: number) {
    this.chance = new Chance(seed);
    this.environment = new ManualEnvironment({ seed });
    this.options = drawOptions(this.chance);
    const temper = this.chance.pick([0, 0.1, 0.4, 0.9]);
    this.adapter = new ScriptedAdapter({
      environment: this.environment,
      capabilities: {
        deduplicates: this.chance.once(2),
        exclusive: this.chance.once(2),
        releasesBatches: this.chance.once(2),
      },
      onBatch: drawAnswers(this.chance, temper),
      flush: drawClosings(this.chance, temper),
      shutdown: drawClosings(this.chance, temper),
    });
    this.hook = this.chance.once(4) ? undefined : new HookPlayer(this);
    this.scales = this.chance.once(2);
  }

  static async open(seed: number): Promise<World> {
    const world = new World(seed);
    const { adapter, hook } = world;
    const onDeadLetter = hook === undefined ? undefined : hook.take.bind(hook);
    const options = { ...world.options, adapter: { kind: 'scripted', create: () => adapter }, onDeadLetter };
    const { bus, engine } = await openEngine(options, world.environment);
    world.bus = bus;
    world.engine = engine;
    world.producers = new Producers(world);
    world.resizes = new Resizes(world);
    world.drops = new DropListener(world, adapter.producer);
    world.#followFlushes(engine);
    engine.account.listen(({ shard }, { end, firstSequence, count }) => {
      try {
        world.noteAccepted();
        world.ledger.end(shard, firstSequence, count, end);
      } catch (error) {
        world.faults.push(error);
      }
    });
    return world;
  }

  /** A random life, its end and all checks. */
  async live(): Promise<void> {
    const steps = 1 + this.chance.below(40);
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      await settled();
      // Reading the account settles evictions: not looking is a case of its own.
      if (this.chance.once(2)) continue;
      this.check();
      this.checkProducers();
    }
    await this.#end();
  }

  noteAccepted(): void {
    for (const { shard, ring } of this.engine.lanes.lanes) this.ledger.accept(shard, this.engine.kernel.accepted(ring));
    this.resizes.check();
  }

  /** A2 at this moment. */
  check(): void {
    const { stats } = this.bus;
    strictEqual(stats.eventsDispatched + stats.eventsDropped + stats.eventsPending, stats.eventsIngested, 'the sum');
    this.noteAccepted();
    const { accepted, ended } = this.ledger.sums;
    strictEqual(accepted, stats.eventsIngested, 'accepted');
    strictEqual(ended, stats.eventsDispatched + stats.eventsDropped, 'ended');
    for (const each of stats.shards) {
      const sum = each.eventsDispatched + each.eventsDropped + each.eventsPending;
      strictEqual(sum, each.eventsIngested, `the sum of shard ${each.shard}`);
    }
    ok(this.adapter.mostRunning <= 1, 'two batches of a shard at once');
    ok(this.adapter.changedBatches === 0, 'a batch changed while the adapter had it');
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** The refused and the waiting, once promises have told of them. */
  checkProducers(): void {
    const { stats } = this.bus;
    strictEqual(stats.eventsWaiting, this.producers.waiting, 'eventsWaiting');
    strictEqual(stats.eventsRejected, this.producers.refused, 'eventsRejected');
  }

  flush(signal?: AbortSignal): Promise<void> {
    this.noteAccepted();
    const call = this.flushes.call(new Map(this.ledger.accepted));
    this.#starting = call;
    const settle = (outcome: { counts: never } | { error: unknown }): void => {
      if ('error' in outcome && signal?.aborted && outcome.error === signal.reason) {
        if (call.expected !== undefined) this.faults.push(new Error('a flush that was aborted counts as told'));
        return;
      }
      try {
        this.flushes.settle(call, outcome);
      } catch (error) {
        this.faults.push(error);
      }
    };
    const flushed = this.bus.flush({ signal });
    this.#starting = undefined;
    return flushed.then(
      (counts) => settle({ counts: counts as never }),
      (error) => settle({ error }),
    );
  }

  shutdown(signal?: AbortSignal): Promise<unknown> {
    const closing = this.bus.shutdown({ signal }).then(
      (snapshot) => snapshot,
      (error) => ({ error }),
    );
    this.#closing.push(closing);
    return closing;
  }

  /** Learns at which moment a flush decides what to say. */
  #followFlushes({ flushes }: Engine): void {
    const calls = new Map<Flush, FlushCall>();
    const start = flushes.start.bind(flushes);
    const told = flushes.told.bind(flushes);
    flushes.start = (targets) => {
      const flush = start(targets);
      if (this.#starting !== undefined) calls.set(flush, this.#starting);
      return flush;
    };
    flushes.told = (flush) => {
      const call = calls.get(flush);
      if (call !== undefined) this.flushes.decide(call);
      told(flush);
    };
  }

  async #step(): Promise<void> {
    const { adapter, chance, environment, producers } = this;
    switch (chance.below(this.scales ? 16 : 13)) {
      case 0:
        return environment.turn();
      case 1:
        return environment.advance(chance.pick([1, 1, 5, 20, TIMEOUT_MS, 120]));
      case 2:
        void this.flush();
        return;
      case 3:
        this.#flushAborted();
        return;
      case 4:
        adapter.release();
        return;
      case 5:
        if (chance.once(6)) void this.shutdown(chance.once(3) ? this.#signal() : undefined);
        return;
      case 6:
        producers.abortOne();
        return;
      case 7:
        // All before the next turn: what a flush covers is evicted, and its batch is answered.
        void this.flush();
        producers.act();
        adapter.release();
        return;
      case 13:
      case 14:
        this.resizes.act();
        if (chance.once(2)) producers.act();
        return;
      default:
        producers.act();
    }
  }

  #flushAborted(): void {
    if (this.chance.once(8)) {
      void this.flush(AbortSignal.abort());
      return;
    }
    void this.flush(this.#signal());
  }

  /** A signal that aborts some time later. */
  #signal(): AbortSignal {
    const controller = new AbortController();
    if (this.chance.once(4)) controller.abort();
    else this.environment.after(this.chance.below(200), () => controller.abort());
    return controller.signal;
  }

  async #end(): Promise<void> {
    const { environment, options } = this;
    let outcome: unknown;
    void this.shutdown().then((first) => {
      outcome = first;
    });
    // The drain, the hooks of what it dropped, the sealing of what was removed, the adapter's flush, its close.
    const bound = options.shutdownTimeoutMs + 4 * TIMEOUT_MS + 1;
    for (let passed = 0; outcome === undefined; passed += 10) {
      ok(passed <= bound, `shutdown has not settled within ${bound} ms`);
      await environment.advance(10);
      await settled();
      this.check();
      this.checkProducers();
    }
    await this.#checkEnd(outcome as StatsSnapshot | { error: { counts?: unknown } });
  }

  async #checkEnd(outcome: StatsSnapshot | { error: { counts?: unknown } }): Promise<void> {
    const { adapter, bus, environment, ledger } = this;
    const after = counters(bus.stats);
    for (const other of await Promise.all(this.#closing)) {
      strictEqual(JSON.stringify(other), JSON.stringify(outcome), 'the callers of shutdown got different outcomes');
    }
    const { eventsPending, eventsWaiting, shutdownWasLossy, droppedByReason } = bus.stats;
    strictEqual(eventsPending, 0);
    strictEqual(eventsWaiting, 0);
    strictEqual(shutdownWasLossy, droppedByReason.stranded > 0);
    if (shutdownWasLossy) ok('error' in outcome, 'a lossy shutdown resolved');
    this.resizes.finish();
    checkAdapterView(adapter, { ledger, engine: this.engine, hook: this.hook });
    await this.flush();
    adapter.release();
    // Longer than anything the adapter, a hook or a signal still has to say.
    await environment.advance(1000);
    this.check();
    strictEqual(counters(bus.stats), after, 'the account changed after shutdown');
    ok(!adapter.calledAfterClose, 'the adapter was called after its shutdown');
    this.drops.finish();
    strictEqual(environment.waiting, 0, 'timers are left');
  }
}

/** Promises that depend on nothing but each other have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Rates follow the clock, not the account. */
function counters(stats: EventBus['stats']): string {
  return JSON.stringify({ ...stats.toJSON(), shards: undefined });
}
