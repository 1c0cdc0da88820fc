// The clock is read before the first event of a turn of the event loop, and every few dozen events within it.
import { expect, test } from 'vitest';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { openBus } from '../../support/open-bus.ts';
import { takenEvents } from '../../support/taken-events.ts';

const HOUR_MS = 3_600_000;

test('T1 an event after an idle hour is stamped with its own time', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  bus.ingestRaw('before');
  await environment.advance(HOUR_MS);
  bus.ingestRaw('after');
  const now = BigInt(environment.wallMs()) * 1_000_000n;
  await environment.turn();
  expect(takenEvents(adapter).map((event) => event.timestampNs)).toEqual([now - BigInt(HOUR_MS) * 1_000_000n, now]);
});

test('T1 events that trickle in while a batch is under way are stamped with their own times', async () => {
  const { bus, adapter, environment } = await openBus({
    batch: { maxEvents: 1, maxDelayMs: 0 },
    adapterTimeoutMs: HOUR_MS,
  });
  const times: bigint[] = [];
  for (let nth = 0; nth < 10; nth += 1) {
    times.push(BigInt(environment.wallMs()) * 1_000_000n);
    bus.ingestRaw('x');
    await environment.advance(1000);
  }
  adapter.hold = false;
  adapter.last.take();
  await environment.advance(10);
  expect(takenEvents(adapter).map((event) => event.timestampNs)).toEqual(times);
});

test('T1 stamps strictly increase over all shards while the wall clock steps back and forth', async () => {
  const { bus, adapter, environment } = await openBus({ shards: 4, ringCapacity: 1024 });
  adapter.hold = false;
  for (const step of [0, -HOUR_MS, 5, HOUR_MS, -2 * HOUR_MS, 0, 1_000_000 * HOUR_MS, -1_700_000_000_000]) {
    environment.setWallMs(environment.wallMs() + step);
    for (let nth = 0; nth < 300; nth += 1) bus.ingestRaw(`${nth}`);
    await environment.advance(1);
  }
  const stamps = takenEvents(adapter)
    .map((event) => event.timestampNs)
    .sort((a, b) => (a < b ? -1 : 1));
  expect(stamps).toHaveLength(8 * 300);
  expect(new Set(stamps).size).toBe(stamps.length);
  for (const shard of [0, 1, 2, 3]) {
    const own = adapter.calls.filter(({ batch }) => batch.shard === shard).flatMap(({ batch }) => [...batch]);
    for (let nth = 1; nth < own.length; nth += 1) {
      expect(own[nth]?.timestampNs).toBeGreaterThan(own[nth - 1]?.timestampNs as bigint);
    }
  }
});

test('T1 the clock starts above the newest stamp of the store', async () => {
  const adapter = new HeldAdapter();
  const newest = 4_000_000_000_000_000_000n;
  adapter.onInit = async () => ({ storeId: 'held', lastTimestampNs: newest });
  const { bus, environment } = await openBus({}, adapter);
  bus.ingestRaw('x');
  await environment.turn();
  expect(takenEvents(adapter)[0]?.timestampNs).toBe(newest + 1n);
});

test('reading the clock leaves no call behind when the event loop has turned', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  for (let nth = 0; nth < 1000; nth += 1) bus.ingestRaw('x');
  await environment.advance(10);
  expect(environment.waiting).toBe(0);
});
