// A ring that is full is due, by events or by bytes, and whoever waits for room gets it as soon as there is some.
import { expect, test } from 'vitest';
import { EventBus, memory } from '../../../src/index.ts';
import { within } from '../../../src/testing/index.ts';

const NEVER_MS = 600_000;

function tightBus(options: object): Promise<EventBus<unknown, 'block'>> {
  const tight = { shards: 1, ringBytes: 1024, maxEventBytes: 512, batch: { maxDelayMs: NEVER_MS } };
  return EventBus.create({ adapter: memory(), backpressure: 'block', ...tight, ...options });
}

test('I5, D1 a waiter is not left to maxDelayMs while the adapter is idle: a ring without room is due', async () => {
  const bus = await tightBus({});
  await bus.ingestRaw(new Uint8Array(472));
  await within(5000, bus.ingestRaw(new Uint8Array(512)));
  expect(bus.stats.eventsDispatched).toBe(1);
  await bus.shutdown();
});

test('I5 large headers can fill a ring, too', async () => {
  const bus = await tightBus({ ringBytes: 65_536 });
  await bus.ingestRaw('x');
  await within(5000, bus.ingestRaw('x', { headers: { large: 'h'.repeat(65_440) } }));
  await bus.shutdown();
});

test('I5 when the first waiter gives up, those behind it that fit come in', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const inner = memory();
  const create = (): ReturnType<typeof inner.create> => {
    const adapter = inner.create();
    const onBatch = adapter.onBatch.bind(adapter);
    adapter.onBatch = async (batch, options) => {
      await held;
      return onBatch(batch, options);
    };
    return adapter;
  };
  const bus = await tightBus({ adapter: { kind: 'held', create } });
  await bus.ingestRaw(new Uint8Array(400));
  const flushed = bus.flush();
  await within(5000, () => bus.stats.shards[0]?.ringBytesUsed === 0);
  await bus.ingestRaw(new Uint8Array(500));
  const abort = new AbortController();
  const large = bus.ingestRaw(new Uint8Array(512), { signal: abort.signal });
  const small = bus.ingestRaw('x');
  expect(bus.stats.eventsWaiting).toBe(2);
  abort.abort(new Error('enough'));
  await expect(large).rejects.toThrow('enough');
  await within(5000, small);
  expect(bus.stats.eventsWaiting).toBe(0);
  release();
  await flushed;
  await bus.shutdown();
});

test('I1 a length that is a getter runs before key and headers are staged', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  class Nested extends Uint8Array {
    override get length(): number {
      if (bus.stats.eventsIngested === 0) bus.ingestRaw('inner', { key: 'INNER' });
      return super.length;
    }
  }
  bus.ingestRaw(new Nested([111]), { key: 'OUTER' });
  await bus.flush();
  const { events } = await bus.poll({ limit: 10 });
  expect(events.map((event) => [event.text(), event.key])).toEqual([
    ['inner', 'INNER'],
    ['o', 'OUTER'],
  ]);
  await bus.shutdown();
});
