// The ring against a naive model: an array of events, with every number computed anew from it.
// A failing run prints its seed; MESHBUS_SEED repeats it, MESHBUS_RUNS says how many.
import { expect, test } from 'vitest';
import { DUE, EVICT, EVICTED, FULL, RECORD_HEADER_BYTES, SLOTS, TOO_LARGE, WAKE } from '../../kernel/layout.ts';
import { hashBytes } from '../../src/kernel/hasher.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { seedOf } from '../support/seed.ts';
import { type ModelEvent, RingModel, type RingSizes, recordOf } from './ring-model.ts';

const RUNS = Number(process.env.MESHBUS_RUNS ?? 400);
const STEPS = 120;
const ORIGIN = { shard: 3, producer: 'model' };

/** The kernel and the model, side by side. */
class Trial {
  readonly #kernel: Kernel;
  readonly #model: RingModel;
  readonly #random: () => number;
  readonly #sizes: RingSizes;
  #expectedSequence = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#sizes = this.#chooseSizes();
    this.#model = new RingModel(this.#sizes);
    this.#kernel = new Kernel({ rings: 1, ...this.#sizes });
    this.#kernel.openRing();
    this.#kernel.setRoutes(new Uint16Array(SLOTS));
  }

  run(): void {
    for (let step = 0; step < STEPS; step += 1) {
      const choice = this.#random();
      if (choice < 0.7) this.#offer();
      else if (choice < 0.78) this.#evict();
      else if (choice < 0.98) this.#drain();
      else this.#tick();
      this.#compareCounters();
    }
    while (this.#drain() > 0);
    this.#compareCounters();
    this.#kernel.close();
  }

  #chooseSizes(): RingSizes {
    const ringCapacity = 2 + this.#upTo(7);
    const ringBytes = 2 ** (6 + this.#upTo(5));
    // Half of the ring, as the configuration demands, or less.
    const maxEventBytes = Math.max(1, Math.min(ringBytes / 2, 1 + this.#upTo(ringBytes / 2)));
    const dueEvents = 1 + this.#upTo(ringCapacity);
    return { ringCapacity, ringBytes, maxEventBytes, dueEvents, dueBytes: 1 + this.#upTo(ringBytes) };
  }

  #offer(): void {
    const { stage, calls } = this.#kernel;
    const event = this.#chooseEvent();
    const evict = this.#random() < 0.4;
    if (event.key === undefined && event.pairs === undefined) stage.clearMeta();
    else expect(stage.setMeta(event.key, event.pairs)).toBe(true);
    const length = stage.setBytes(event.payload);
    const flags = stage.flags | (evict ? EVICT : 0);
    const hashed = this.#random() < 0.3;
    const low = this.#upTo(2 ** 32);
    const status = hashed
      ? calls.offerHashed(length, stage.meta, flags, low, 7)
      : calls.offer(length, stage.meta, flags);
    const hash = hashed
      ? (7n << 32n) | BigInt(low)
      : hashBytes(event.key === undefined ? event.payload : Buffer.from(event.key));
    const outcome = this.#model.offer({ ...event, hash }, evict);
    expect(status).toBe(this.#statusOf(outcome));
  }

  #statusOf(outcome: ReturnType<RingModel['offer']>): number {
    if (outcome === 'full') return FULL;
    if (outcome === 'too-large') return TOO_LARGE;
    return (outcome.wake ? WAKE : 0) | (outcome.due ? DUE : 0) | (outcome.evicted > 0 ? EVICTED : 0);
  }

  #chooseEvent(): Omit<ModelEvent, 'hash'> {
    const { maxEventBytes, ringBytes } = this.#sizes;
    const lengths = [0, 1, maxEventBytes, this.#upTo(maxEventBytes + 1), this.#upTo(Math.min(maxEventBytes + 1, 24))];
    const length = lengths[this.#upTo(lengths.length)] as number;
    const payload = Uint8Array.from({ length }, () => this.#upTo(256));
    const key = this.#random() < 0.3 ? 'k'.repeat(this.#upTo(Math.min(ringBytes, 90))) : undefined;
    const pairs = this.#random() < 0.2 ? ['name', 'ü'.repeat(this.#upTo(20))] : undefined;
    return { payload, key, pairs };
  }

  #evict(): void {
    expect(this.#kernel.calls.evict(0)).toBe(this.#model.evict());
  }

  #tick(): void {
    this.#kernel.calls.observe(1_700_000_000_000 + this.#upTo(1000));
  }

  /** Drains a batch from both, and compares them to the last byte; how many events it had. */
  #drain(): number {
    const maxEvents = 1 + this.#upTo(9);
    const maxBytes = 1 + this.#upTo(this.#sizes.ringBytes * 1.2);
    const batch = this.#kernel.drain(0, ORIGIN, { maxEvents, maxBytes, expectedSequence: this.#expectedSequence });
    const records = this.#model.drain(maxEvents, maxBytes);
    expect(batch?.count ?? 0).toBe(records.length);
    if (batch === undefined) return 0;
    expect(batch.firstSequence).toBe(records[0]?.sequence);
    expect(batch.lostBefore).toBe(batch.firstSequence - this.#expectedSequence);
    this.#expectedSequence = batch.firstSequence + batch.count;
    const stamps = [...batch].map((record) => record.timestampNs);
    const expected = Buffer.concat(records.map((record, nth) => recordOf(record, stamps[nth] as bigint)));
    const body = batch.frame.subarray(batch.frame.length - expected.length);
    expect(Buffer.compare(body, expected)).toBe(0);
    expect(batch.frame.length - expected.length).toBe(64); // the header, with its producer of 5 bytes
    expect([batch.firstTimestampNs, batch.lastTimestampNs]).toEqual([stamps[0], stamps.at(-1)]);
    this.#model.noteStamps(stamps);
    return batch.count;
  }

  #compareCounters(): void {
    const { accepted, headSequence, nextSequence, bytes, events } = this.#model;
    const kernel = this.#kernel;
    expect([kernel.accepted(0), kernel.headSequence(0), kernel.nextSequence(0)]).toEqual([
      accepted,
      headSequence,
      nextSequence,
    ]);
    expect([kernel.bytesUsed(0), kernel.occupancy(0)]).toEqual([bytes, events.length]);
    expect(kernel.headTimestampNs(0) === 0n).toBe(events.length === 0);
  }

  /** A whole number from 0, below `limit`. */
  #upTo(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

test('I3, I4 tiny rings behave as an array of events: offers, evictions, drains, every field and byte', () => {
  const seed = seedOf('ring');
  for (let run = 0; run < RUNS; run += 1) {
    try {
      new Trial(seededRandom(seed + run)).run();
    } catch (error) {
      throw new Error(`MESHBUS_SEED=${seed + run} MESHBUS_RUNS=1`, { cause: error });
    }
  }
});

test('I3 a ring is full at exactly its capacity, or at exactly its bytes', () => {
  const kernel = new Kernel({
    rings: 1,
    ringBytes: 256,
    ringCapacity: 5,
    maxEventBytes: 96,
    dueEvents: 5,
    dueBytes: 256,
  });
  kernel.openRing();
  kernel.setRoutes(new Uint16Array(SLOTS));
  const offer = (bytes: number): number => kernel.calls.offer(kernel.stage.setBytes(new Uint8Array(bytes)), 0, 0);
  for (let nth = 0; nth < 5; nth += 1) expect(offer(0)).toBeLessThan(FULL);
  expect([offer(0), kernel.bytesUsed(0)]).toEqual([FULL, 5 * RECORD_HEADER_BYTES]);
  kernel.discard(0);
  expect([offer(96), offer(96), kernel.bytesUsed(0)]).toEqual([WAKE, DUE, 256]);
  expect(offer(0)).toBe(FULL);
  kernel.close();
});
