// A bus over a held adapter in virtual time: what most tests of dispatch, flush and shutdown need.
import { EventBus } from '../../src/bus/event-bus.ts';
import type { Backpressure, EventBusOptions } from '../../src/config/options.ts';
import { ManualEnvironment } from '../../src/testing/manual-environment.ts';
import { HeldAdapter } from './held-adapter.ts';

export const TIMEOUT_MS = 100;

export interface OpenBus {
  readonly bus: EventBus;
  readonly adapter: HeldAdapter;
  readonly environment: ManualEnvironment;
}

/** One shard, no lingering and time-outs of 100 ms unless the options say otherwise. */
export async function openBus(
  options: EventBusOptions<Backpressure> = {},
  adapter = new HeldAdapter(),
): Promise<OpenBus> {
  const environment = new ManualEnvironment();
  const quick = { shards: 1, batch: { maxDelayMs: 0 }, adapterTimeoutMs: TIMEOUT_MS, maxEventBytes: 1024 };
  const bus = await EventBus.create({ ...quick, ...options, adapter: adapter.factory }, { environment });
  return { bus: bus as unknown as EventBus, adapter, environment };
}

/** Ingests `count` small events and lets the dispatcher turn once. */
export async function feed({ bus, environment }: OpenBus, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) bus.ingestRaw(`event ${nth}`);
  await environment.turn();
}

/** A routing key for each shard, found by trying; what that ingested has left when it resolves. */
export async function keysByShard({ bus, environment }: OpenBus): Promise<string[]> {
  const keys: string[] = [];
  for (let nth = 0; Object.keys(keys).length < bus.stats.shards.length; nth += 1) {
    const before = bus.stats.shards.map((each) => each.eventsIngested);
    bus.ingestRaw('x', { key: `key-${nth}` });
    keys[bus.stats.shards.findIndex((each, index) => each.eventsIngested > (before[index] as number))] ??= `key-${nth}`;
  }
  const flushed = bus.flush();
  await environment.advance(1000);
  await flushed;
  return keys;
}

/** How a promise stands: what it resolved to, what it rejected with, or nothing yet. */
export interface Watched<T> {
  value?: T;
  error?: unknown;
  settled: boolean;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { settled: false };
  promise.then(
    (value) => Object.assign(watched, { value, settled: true }),
    (error: unknown) => Object.assign(watched, { error, settled: true }),
  );
  return watched;
}
