// A producer at twice the adapter's speed, in virtual time: what still gets through.
import { expect, test } from 'vitest';
import { EventBus } from '../../../src/bus/event-bus.ts';
import type { Backpressure, EventBusOptions } from '../../../src/config/options.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { LoopEnvironment } from '../../support/loop-environment.ts';

// Powers of two, so that sums of them are exact.
const PRODUCE_MS = 1 / 1024;
const TAKE_MS = 2 / 1024;

/** Takes one batch after the other, each for as long as its events need. */
class SlowAdapter extends HeldAdapter {
  readonly #environment: LoopEnvironment;
  #freeAtMs = 0;

  constructor(environment: LoopEnvironment) {
    super();
    this.#environment = environment;
  }

  override onBatch(batch: { readonly count: number }): Promise<void> {
    const { nowMs } = this.#environment;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + batch.count * TAKE_MS;
    return new Promise((resolve) => this.#environment.answer(this.#freeAtMs, resolve));
  }
}

/** What part of the adapter's capacity the bus delivers. */
async function delivered(options: EventBusOptions<Backpressure>, perTurn: number): Promise<number> {
  const environment = new LoopEnvironment();
  const adapter = new SlowAdapter(environment).factory;
  const bus = await EventBus.create({ maxEventBytes: 64, ...options, adapter }, { environment });
  const ingest = async (): Promise<void> => {
    for (let nth = 0; nth < perTurn; nth += 1) {
      environment.nowMs += PRODUCE_MS;
      if (options.backpressure === 'block') {
        const { eventsWaiting } = bus.stats;
        const accepted = bus.ingestRaw(`event ${nth}`);
        if (bus.stats.eventsWaiting > eventsWaiting) await accepted;
      } else bus.tryIngestRaw(`event ${nth}`);
    }
    environment.soon(() => void ingest());
  };
  environment.soon(() => void ingest());
  const untilMs = 100 * perTurn * PRODUCE_MS;
  await environment.run(untilMs);
  const { eventsDispatched, eventsDropped, eventsIngested, eventsPending } = bus.stats;
  expect(eventsDispatched + eventsDropped + eventsPending).toBe(eventsIngested);
  return (eventsDispatched * TAKE_MS) / environment.nowMs;
}

const MODES: readonly Backpressure[] = ['block', 'drop-oldest', 'drop-newest', { sample: 1 }, { sample: 10 }];
const CAPACITY = 256;

// The adapter sees at most one batch a shard in a turn of the event loop: together they have to be half a ring, which
// is what it can take meanwhile.
test.each(MODES)('I7 an overloaded bus delivers four fifths of what its adapter can take: %o', async (backpressure) => {
  for (const shards of [1, 2, 4]) {
    for (const maxEvents of [CAPACITY / (2 * shards), CAPACITY, 10 * CAPACITY]) {
      const options = { backpressure, shards, ringCapacity: CAPACITY, batch: { maxEvents, maxDelayMs: 1 } };
      const part = await delivered(options, CAPACITY);
      expect(part, `${shards} shards, batches of ${maxEvents}`).toBeGreaterThan(0.8);
      expect(part).toBeLessThanOrEqual(1);
    }
  }
});

test.each(MODES)('I7 a producer that yields more often has it better: %o', async (backpressure) => {
  for (const maxEvents of [8, 32, CAPACITY]) {
    const options = { backpressure, shards: 1, ringCapacity: CAPACITY, batch: { maxEvents, maxDelayMs: 1 } };
    expect(await delivered(options, 2 * Math.min(maxEvents, CAPACITY / 2))).toBeGreaterThan(0.8);
  }
});
