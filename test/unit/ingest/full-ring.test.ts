// A full ring: when it is full, and what each mode does then.
import { describe, expect, test } from 'vitest';
import { failure } from '../../support/failure.ts';
import { feed, openBus } from '../../support/open-bus.ts';
import { takenTexts } from '../../support/taken-events.ts';

const RECORD_BYTES = 32;

describe('drop-newest', () => {
  test('I3, I4 takes exactly ringCapacity events, then refuses with Backpressure until one has left', async () => {
    const open = await openBus({
      backpressure: 'drop-newest',
      ringCapacity: 5,
      batch: { maxEvents: 2, maxDelayMs: 0 },
    });
    const { bus, adapter, environment } = open;
    const outcomes = Array.from({ length: 7 }, (_, nth) => bus.tryIngestRaw(`${nth}`));
    expect(outcomes).toEqual([...Array(5).fill('accepted'), 'backpressure', 'backpressure']);
    expect(failure(() => bus.ingestRaw('7'))).toMatchObject({ kind: 'Backpressure', code: 'EBUS_BACKPRESSURE' });
    await environment.turn();
    expect(['a', 'b', 'c'].map((text) => bus.tryIngestRaw(text))).toEqual(['accepted', 'accepted', 'backpressure']);
    expect([bus.stats.eventsPending, bus.stats.eventsRejected, bus.stats.eventsDropped]).toEqual([7, 4, 0]);
    adapter.hold = false;
    adapter.last.take();
    await environment.advance(10);
    expect(takenTexts(adapter)).toEqual(['0', '1', '2', '3', '4', 'a', 'b']);
  });

  test('I3 is full at exactly ringBytes, too', async () => {
    const { bus } = await openBus({ backpressure: 'drop-newest', ringBytes: 256, maxEventBytes: 96 });
    expect(bus.tryIngestRaw(Buffer.alloc(96))).toBe('accepted'); // 128 bytes of 256
    expect(bus.tryIngestRaw(Buffer.alloc(64))).toBe('accepted'); // 224
    expect(bus.tryIngestRaw(Buffer.alloc(1))).toBe('backpressure'); // would be 264
    expect(bus.tryIngestRaw(Buffer.alloc(0))).toBe('accepted'); // 256
    expect(bus.tryIngestRaw(Buffer.alloc(0))).toBe('backpressure');
    expect(bus.stats.shards[0]).toMatchObject({ ringBytesUsed: 256, fill: 1, eventsPending: 3 });
  });

  test('I3 holds at most one batch per shard between ring and adapter', async () => {
    const open = await openBus({
      backpressure: 'drop-newest',
      ringCapacity: 4,
      batch: { maxEvents: 4, maxDelayMs: 0 },
    });
    for (let round = 0; round < 5; round += 1) {
      for (let nth = 0; nth < 20; nth += 1) open.bus.tryIngestRaw('x');
      await open.environment.advance(5);
    }
    expect([open.adapter.calls.length, open.bus.stats.eventsPending]).toEqual([1, 8]);
  });
});

describe('drop-oldest', () => {
  test('I4 evicts the oldest that has not left the ring, exactly as many as needed', async () => {
    const open = await openBus({
      backpressure: 'drop-oldest',
      ringCapacity: 4,
      batch: { maxEvents: 2, maxDelayMs: 0 },
    });
    await feed(open, 2);
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) expect(open.bus.tryIngestRaw(text)).toBe('accepted');
    expect(open.bus.stats).toMatchObject({ eventsIngested: 9, eventsDropped: 3, eventsPending: 6, eventsRejected: 0 });
    expect(open.bus.stats.droppedByReason.evicted).toBe(3);
    open.adapter.hold = false;
    open.adapter.last.take();
    await open.environment.advance(10);
    expect(takenTexts(open.adapter)).toEqual(['event 0', 'event 1', 'd', 'e', 'f', 'g']);
    expect(open.adapter.calls[1]?.batch.lostBefore).toBe(3);
  });

  test('I4 never evicts while there is room', async () => {
    const { bus } = await openBus({ backpressure: 'drop-oldest', ringCapacity: 4 });
    for (let nth = 0; nth < 4; nth += 1) bus.ingestRaw('x');
    expect(bus.stats.eventsDropped).toBe(0);
  });

  test('I4 evicts several for one that is long, and no more than that', async () => {
    const { bus } = await openBus({ backpressure: 'drop-oldest', ringBytes: 256, maxEventBytes: 128 });
    for (let nth = 0; nth < 256 / RECORD_BYTES; nth += 1) bus.ingestRaw('');
    bus.ingestRaw(Buffer.alloc(65)); // 104 bytes: 4 records make room for it
    expect(bus.stats).toMatchObject({ eventsDropped: 4, eventsPending: 5 });
    bus.ingestRaw(''); // 232 bytes and 32 do not fit 256
    expect(bus.stats).toMatchObject({ eventsDropped: 5, eventsPending: 5 });
  });

  test('I4 refuses nothing, however much comes', async () => {
    const { bus } = await openBus({ backpressure: 'drop-oldest', ringCapacity: 3 });
    for (let nth = 0; nth < 10_000; nth += 1) bus.ingestRaw('x');
    expect(bus.stats).toMatchObject({
      eventsIngested: 10_000,
      eventsDropped: 9997,
      eventsPending: 3,
      eventsRejected: 0,
    });
  });
});

describe('sample', () => {
  test.each([1, 2, 5])('I4 a full ring lets one in %i in, and evicts the oldest for it', async (rate) => {
    const { bus } = await openBus({ backpressure: { sample: rate }, ringCapacity: 4 });
    for (let nth = 0; nth < 4; nth += 1) expect(bus.tryIngestRaw(`${nth}`)).toBe('accepted');
    const outcomes = Array.from({ length: 20 }, () => bus.tryIngestRaw('x'));
    const expected = Array.from({ length: 20 }, (_, nth) => (nth % rate === rate - 1 ? 'accepted' : 'sampled'));
    expect(outcomes).toEqual(expected);
    const admitted = 20 / rate;
    expect(bus.stats).toMatchObject({ eventsDropped: admitted, eventsRejected: 20 - admitted, eventsPending: 4 });
  });

  test('I4 refuses with Sampled, and lets all in again once there is room', async () => {
    const { bus, adapter, environment } = await openBus({ backpressure: { sample: 1000 }, ringCapacity: 2 });
    adapter.hold = false;
    bus.ingestRaw('a');
    bus.ingestRaw('b');
    expect(failure(() => bus.ingestRaw('c'))).toMatchObject({ kind: 'Sampled', code: 'EBUS_SAMPLED' });
    await environment.advance(5);
    expect([bus.tryIngestRaw('d'), bus.tryIngestRaw('e'), bus.tryIngestRaw('f')]).toEqual([
      'accepted',
      'accepted',
      'sampled',
    ]);
  });

  test('I4 counts for each shard by itself', async () => {
    const { bus } = await openBus({ backpressure: { sample: 2 }, ringCapacity: 1, shards: 2 });
    const keys = new Map<number, string>();
    for (let nth = 0; keys.size < 2; nth += 1) {
      const before = bus.stats.shards.map((shard) => shard.eventsIngested);
      if (bus.tryIngestRaw('x', { key: `${nth}` }) !== 'accepted') continue;
      const shard = bus.stats.shards.findIndex((each, index) => each.eventsIngested !== before[index]);
      if (!keys.has(shard)) keys.set(shard, `${nth}`);
    }
    const start = bus.stats.shards.map((shard) => shard.eventsIngested);
    for (const key of keys.values()) for (let nth = 0; nth < 10; nth += 1) bus.tryIngestRaw('x', { key });
    expect(bus.stats.shards.map((shard, index) => shard.eventsIngested - (start[index] as number))).toEqual([5, 5]);
  });
});
