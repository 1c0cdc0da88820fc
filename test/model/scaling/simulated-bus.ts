// A bus in simulated time: keys with steady rates, rings, lanes with one batch on its way each, an adapter whose round
// trip is a fixed time and a time per event, the latter on a server of its own or one that all lanes share.
// Routing is by highest random weight: an added shard takes a fair share of the keys, a removed one gives only its own.
import type { LoadSource, ShardSample } from '../../../src/scaling/shard-sample.ts';

export interface SimulatedLoad {
  /** Events per millisecond of each key. */
  readonly keys: readonly number[];
  readonly roundTripMs: number;
  readonly perEventMs: number;
  /** All lanes share one server, which takes one event after the other. */
  readonly isShared: boolean;
  readonly ringCapacity: number;
  readonly maxEvents: number;
  readonly maxDelayMs: number;
  readonly mode: 'drop-oldest' | 'drop-newest' | 'block';
  readonly random: () => number;
}

interface Lane {
  readonly shard: number;
  ratePerMs: number;
  ring: number;
  peakFill: number;
  dueAtMs: number;
  batch: { count: number; endsAtMs: number; dueAtMs: number; fill: number } | undefined;
  ingested: number;
  dispatched: number;
  refused: number;
  evicted: number;
  batches: number;
  fillSum: number;
  waitMs: number;
  busyMs: number;
}

const LEAST = 1e-6;

export class SimulatedBus implements LoadSource {
  readonly #load: SimulatedLoad;
  readonly #lanes = new Map<number, Lane>();
  #nextShard = 0;
  #serverFreeMs = 0;
  nowMs = 0;

  constructor(load: SimulatedLoad, shards: number) {
    this.#load = load;
    this.add(shards);
  }

  get shards(): number {
    return this.#lanes.size;
  }

  add(count: number): readonly number[] {
    const added = Array.from({ length: count }, (_, index) => this.#nextShard + index);
    this.#nextShard += count;
    for (const shard of added) this.#lanes.set(shard, newLane(shard));
    this.#route();
    return added;
  }

  /** Removed at once: what is left in its ring is no part of a steady load. */
  remove(shards: readonly number[]): void {
    for (const shard of shards) this.#lanes.delete(shard);
    this.#route();
  }

  sample(): readonly ShardSample[] {
    return [...this.#lanes.values()].map((lane) => {
      const sample = { ...lane, state: 'active' as const, fill: this.#fill(lane), failures: 0 };
      lane.peakFill = 0;
      return sample;
    });
  }

  /** One millisecond. */
  step(): void {
    this.nowMs += 1;
    for (const lane of this.#lanes.values()) {
      if (lane.batch !== undefined) lane.busyMs += 1;
      if (lane.batch !== undefined && lane.batch.endsAtMs <= this.nowMs) settle(lane, lane.batch, this.nowMs);
      this.#ingest(lane);
      if (lane.batch === undefined && lane.ring >= 1) this.#send(lane);
    }
  }

  #ingest(lane: Lane): void {
    const { maxDelayMs, mode, ringCapacity } = this.#load;
    if (lane.ring < 1 && lane.ratePerMs > 0) lane.dueAtMs = this.nowMs + maxDelayMs;
    const room = ringCapacity - lane.ring;
    const arrived = mode === 'block' ? Math.min(lane.ratePerMs, room) : lane.ratePerMs;
    const excess = Math.max(0, arrived - room);
    lane.ring += arrived - excess;
    lane.ingested += mode === 'drop-newest' ? arrived - excess : arrived;
    if (mode === 'drop-newest') lane.refused += excess;
    if (mode === 'drop-oldest') lane.evicted += excess;
  }

  #fill(lane: Lane): number {
    return Math.min(1, lane.ring / this.#load.ringCapacity);
  }

  #send(lane: Lane): void {
    const { isShared, maxEvents, perEventMs, random, ringCapacity, roundTripMs } = this.#load;
    const isDue = lane.ring >= Math.min(maxEvents, ringCapacity) - LEAST || this.nowMs >= lane.dueAtMs;
    if (!isDue) return;
    const count = Math.min(lane.ring, maxEvents);
    const jitter = 0.9 + 0.2 * random();
    const work = count * perEventMs * jitter;
    const startMs = isShared ? Math.max(this.#serverFreeMs, this.nowMs) : this.nowMs;
    if (isShared) this.#serverFreeMs = startMs + work;
    lane.batch = {
      count,
      endsAtMs: startMs + work + roundTripMs * jitter,
      dueAtMs: Math.min(lane.dueAtMs, this.nowMs),
      fill: this.#fill(lane),
    };
    lane.peakFill = Math.max(lane.peakFill, lane.batch.fill);
    lane.ring -= count;
    lane.dueAtMs = this.nowMs;
  }

  #route(): void {
    for (const lane of this.#lanes.values()) lane.ratePerMs = 0;
    this.#load.keys.forEach((ratePerMs, key) => {
      let best: Lane | undefined;
      for (const lane of this.#lanes.values()) {
        if (best === undefined || weight(key, lane.shard) > weight(key, best.shard)) best = lane;
      }
      if (best !== undefined) best.ratePerMs += ratePerMs;
    });
  }
}

function newLane(shard: number): Lane {
  const counters = { ingested: 0, dispatched: 0, refused: 0, evicted: 0, batches: 0, fillSum: 0, waitMs: 0, busyMs: 0 };
  return { shard, ratePerMs: 0, ring: 0, peakFill: 0, dueAtMs: 0, batch: undefined, ...counters };
}

function settle(lane: Lane, batch: NonNullable<Lane['batch']>, nowMs: number): void {
  lane.dispatched += batch.count;
  lane.batches += 1;
  lane.fillSum += batch.fill;
  lane.waitMs += nowMs - batch.dueAtMs;
  lane.batch = undefined;
}

/** A number that is random for each pair, and the same each time. */
function weight(key: number, shard: number): number {
  let mixed = Math.imul(key + 1, 0x9e3779b1) ^ Math.imul(shard + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
