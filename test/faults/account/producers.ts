// Those who ingest in a random run: every way in, keys or none, waiters and their signals in Block mode.
import { ok, strictEqual } from 'node:assert/strict';
import { IngestionError } from '../../../src/errors/ingestion-error.ts';
import type { World } from './world.ts';

/** Accepted events by shard. */
type Counts = ReadonlyMap<number, number>;

export class Producers {
  waiting = 0;
  refused = 0;
  /** Payloads of events that were let in after waiting, at an unknown place. */
  readonly letIn = new Set<number>();
  readonly #world: World;
  readonly #signals: AbortController[] = [];
  #id = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A few events, some turns of the caller's in between. */
  act(): void {
    const { chance } = this.#world;
    const count = chance.pick([1, 1, 3, 10, 80]);
    for (let nth = 0; nth < count; nth += 1) this.ingestOne();
  }

  ingestOne(): void {
    const { bus, chance } = this.#world;
    this.#id += 1;
    const id = this.#id;
    const bytes = Buffer.alloc(4 + chance.pick([0, 0, 8, 60]));
    bytes.writeUInt32LE(id);
    const key = chance.once(2) ? `key-${chance.below(5)}` : undefined;
    const before = this.#accepted();
    if (chance.once(2)) {
      const outcome = bus.tryIngestRaw(bytes, { key });
      this.#place(id, before, outcome === 'accepted');
      if (outcome !== 'accepted') this.refused += 1;
      return;
    }
    this.#ingest(id, bytes, key, before);
  }

  /** Lets one waiter give up. */
  abortOne(): void {
    const { chance } = this.#world;
    if (this.#signals.length === 0) return;
    this.#signals.splice(chance.below(this.#signals.length), 1)[0]?.abort();
  }

  #ingest(id: number, bytes: Buffer, key: string | undefined, before: Counts): void {
    const { bus, chance, faults } = this.#world;
    const controller = chance.once(2) ? new AbortController() : undefined;
    const waitingBefore = bus.stats.eventsWaiting;
    let result: unknown;
    try {
      result = bus.ingestRaw(bytes, { key, signal: controller?.signal });
    } catch (error) {
      this.refused += 1;
      if (!(error instanceof IngestionError)) faults.push(error);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#place(id, before, true);
      return;
    }
    if (bus.stats.eventsWaiting > waitingBefore) this.#follow(id, result);
    else this.#settledAtOnce({ id, before, result });
    if (controller !== undefined) this.#signals.push(controller);
  }

  #follow(id: number, result: Promise<void>): void {
    this.waiting += 1;
    result.then(
      () => {
        this.waiting -= 1;
        this.letIn.add(id);
      },
      () => {
        this.waiting -= 1;
        this.refused += 1;
      },
    );
  }

  /** Block: whether it was accepted or refused, the counters tell at once and the promise later. */
  #settledAtOnce({ id, before, result }: { id: number; before: Counts; result: Promise<void> }): void {
    const accepted = [...this.#accepted()].some(([shard, count]) => count !== before.get(shard));
    this.#place(id, before, accepted);
    if (!accepted) this.refused += 1;
    result
      .then(
        () => ok(accepted),
        () => ok(!accepted),
      )
      .catch((error) => this.#world.faults.push(error));
  }

  #accepted(): Counts {
    const { kernel, lanes } = this.#world.engine;
    return new Map(lanes.lanes.map(({ shard, ring }) => [shard, kernel.accepted(ring)]));
  }

  #place(id: number, before: Counts, accepted: boolean): void {
    const changed = [...this.#accepted()].filter(([shard, count]) => count !== before.get(shard));
    strictEqual(changed.length, accepted ? 1 : 0, 'one call of ingest accepted one event');
    if (changed[0] === undefined) return;
    const [shard, now] = changed[0];
    const sequence = before.get(shard) as number;
    strictEqual(now, sequence + 1);
    this.#world.ledger.place(shard, sequence, id);
  }
}
