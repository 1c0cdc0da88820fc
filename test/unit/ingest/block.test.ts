// Block: waiting for room, in order, for as long as the caller wants.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { EventBus } from '../../../src/bus/event-bus.ts';
import type { IngestOptions } from '../../../src/ingest/ingest-options.ts';
import { feed, keysByShard, type OpenBus, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';
import { takenTexts } from '../../support/taken-events.ts';

type BlockBus = EventBus<unknown, 'block'>;

/** A bus of two rooms with a batch at the adapter: the next two events are let in, the others wait. */
async function openFull(options: object = {}): Promise<OpenBus & { block: BlockBus }> {
  const open = await openBus({
    backpressure: 'block',
    ringCapacity: 2,
    batch: { maxEvents: 2, maxDelayMs: 0 },
    ...options,
  });
  await feed(open, 2);
  await feed(open, 2);
  return { ...open, block: open.bus as unknown as BlockBus };
}

async function release({ adapter, environment }: OpenBus): Promise<void> {
  adapter.last.take();
  await environment.advance(1);
}

test('I5 an event that finds room gets a promise that is resolved, and is one for all', async () => {
  const { bus } = await openBus({ backpressure: 'block' });
  const block = bus as unknown as BlockBus;
  const first = block.ingest(1);
  expect(first).toBeInstanceOf(Promise);
  expect([block.ingestRaw('x'), block.ingest(2, { key: 'k' })]).toEqual([first, first]);
  expect(block.ingestRaw('x')).toBe(first);
  await expect(first).resolves.toBeUndefined();
});

test('I5 waiters get in first in, first out, as room comes', async () => {
  const open = await openFull();
  const order: string[] = [];
  for (const text of ['a', 'b', 'c', 'd', 'e']) void open.block.ingestRaw(text).then(() => order.push(text));
  expect(open.bus.stats).toMatchObject({ eventsWaiting: 5, eventsIngested: 4, eventsRejected: 0 });
  await release(open);
  expect([order, open.bus.stats.eventsWaiting]).toEqual([['a', 'b'], 3]);
  await release(open);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
  open.adapter.hold = false;
  await release(open);
  expect(takenTexts(open.adapter)).toEqual(['event 0', 'event 1', 'event 0', 'event 1', 'a', 'b', 'c', 'd', 'e']);
  expect(open.bus.stats).toMatchObject({ eventsWaiting: 0, eventsIngested: 9, eventsPending: 0 });
});

test('I5 tryIngest answers would-block, and overtakes no waiter although there may be room for it', async () => {
  const open = await openFull({ ringBytes: 256, maxEventBytes: 128, ringCapacity: 100 });
  void open.block.ingestRaw(Buffer.alloc(128));
  void open.block.ingestRaw(Buffer.alloc(128));
  expect(open.bus.stats.eventsWaiting).toBe(1);
  expect(open.bus.tryIngestRaw('')).toBe('would-block'); // 32 bytes would fit
  expect(open.bus.tryIngest(1)).toBe('would-block');
  expect(open.bus.stats.rejectedByOutcome['would-block']).toBe(2);
  void open.block.ingestRaw('');
  expect(open.bus.stats.eventsWaiting).toBe(2);
});

test('I5 waiters of one shard hold no other shard up', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 64, shards: 2 });
  open.adapter.hold = false;
  const [first, second] = (await keysByShard(open)) as [string, string];
  open.adapter.hold = true;
  while (open.bus.tryIngestRaw('x', { key: first }) === 'accepted');
  void open.bus.ingestRaw('waits', { key: first });
  expect(open.bus.stats.eventsWaiting).toBe(1);
  expect(open.bus.tryIngestRaw('x', { key: second })).toBe('accepted');
  expect(open.bus.tryIngestRaw('x', { key: first })).toBe('would-block');
});

test('I5 a waiter that is aborted was never ingested, and those behind it get in', async () => {
  const open = await openFull();
  const controller = new AbortController();
  const aborted = watch(open.block.ingestRaw('aborted', { signal: controller.signal }));
  const behind = watch(open.block.ingestRaw('behind'));
  const reason = new Error('no longer needed');
  controller.abort(reason);
  await open.environment.turn();
  expect(aborted.error).toBe(reason);
  expect(open.bus.stats).toMatchObject({ eventsWaiting: 1, eventsRejected: 1, eventsIngested: 4 });
  expect(open.bus.stats.rejectedByOutcome.aborted).toBe(1);
  await release(open);
  expect(behind).toMatchObject({ settled: true, value: undefined });
  open.adapter.hold = false;
  await release(open);
  expect(takenTexts(open.adapter)).not.toContain('aborted');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('I5 a signal that has aborted refuses the event although there is room, and counts it', async () => {
  const { bus } = await openBus({ backpressure: 'block' });
  const signal = AbortSignal.abort(new Error('before'));
  await expect(bus.ingest(1, { signal })).rejects.toThrow('before');
  await expect(bus.ingestRaw('x', { signal })).rejects.toThrow('before');
  expect(await bus.ingestBatch([1, 2], { signal })).toEqual({
    accepted: 0,
    rejected: [
      { index: 0, outcome: 'aborted' },
      { index: 1, outcome: 'aborted' },
    ],
  });
  expect([bus.stats.eventsIngested, bus.stats.rejectedByOutcome.aborted]).toEqual([0, 4]);
});

test('I5 a signal that aborts while the event is serialised is heeded', async () => {
  const { block, bus } = await openFull();
  const controller = new AbortController();
  const value = { toJSON: () => controller.abort(new Error('meanwhile')) ?? 1 };
  await expect(block.ingest(value, { signal: controller.signal })).rejects.toThrow('meanwhile');
  expect([bus.stats.eventsWaiting, bus.stats.rejectedByOutcome.aborted]).toEqual([0, 1]);
});

test('I5 what looks like a signal and is none rejects, and leaves no waiter behind', async () => {
  const { block, bus } = await openFull();
  const fake = {
    addEventListener: () => {
      throw new Error('no signal');
    },
  };
  await expect(block.ingest(1, { signal: fake } as unknown as IngestOptions)).rejects.toThrow('no signal');
  expect([bus.stats.eventsWaiting, bus.stats.eventsRejected]).toEqual([0, 1]);
});

test('I5 what waits is bounded by maxWaitingBytes, beyond which ingest rejects with Backpressure', async () => {
  const { block, bus } = await openFull({ maxWaitingBytes: 3 * 356 });
  const waiting = Array.from({ length: 4 }, () => watch(block.ingestRaw(Buffer.alloc(100))));
  await expect(block.ingestRaw(Buffer.alloc(100))).rejects.toMatchObject({
    kind: 'Backpressure',
    message: expect.stringContaining('maxWaitingBytes'),
  });
  expect(waiting.map(({ settled }) => settled)).toEqual([false, false, false, true]);
  expect([bus.stats.eventsWaiting, bus.stats.rejectedByOutcome.backpressure]).toEqual([3, 2]);
});

test('I5 waiters that give up make room for others, however many did', async () => {
  const { block, bus } = await openFull({ maxWaitingBytes: 3 * 356 });
  const stays = watch(block.ingestRaw(Buffer.alloc(100)));
  for (let nth = 0; nth < 1000; nth += 1) {
    const controller = new AbortController();
    void block.ingestRaw(Buffer.alloc(100), { signal: controller.signal });
    controller.abort();
  }
  expect(bus.stats).toMatchObject({ eventsWaiting: 1, eventsRejected: 1000 });
  expect(stays.settled).toBe(false);
  void block.ingestRaw(Buffer.alloc(100));
  void block.ingestRaw(Buffer.alloc(100));
  expect(bus.stats.eventsWaiting).toBe(3);
});

test('I5 shutdown rejects waiters with ShuttingDown, and later events', async () => {
  const { block, bus, adapter, environment } = await openFull();
  const waiting = [watch(block.ingestRaw('a')), watch(block.ingest('b'))];
  adapter.hold = false;
  const closed = bus.shutdown();
  adapter.last.take();
  await environment.advance(10);
  await closed;
  for (const each of waiting) expect(each.error).toMatchObject({ kind: 'ShuttingDown' });
  await expect(block.ingest(1)).rejects.toMatchObject({ kind: 'ShuttingDown', code: 'EBUS_SHUTTING_DOWN' });
  expect(bus.tryIngest(1)).toBe('shutting-down');
  expect(bus.stats).toMatchObject({ eventsIngested: 4, eventsDispatched: 4, eventsRejected: 4, eventsWaiting: 0 });
});

test('I5 waiters of a shard whose adapter does not settle are Unrouted', async () => {
  const open = await openFull();
  const waiting = watch(open.block.ingestRaw('waits'));
  await open.environment.advance(2 * TIMEOUT_MS + 1);
  expect(waiting.error).toMatchObject({ kind: 'Unrouted', code: 'EBUS_UNROUTED' });
  await expect(open.block.ingestRaw('x')).rejects.toMatchObject({ kind: 'Unrouted' });
  expect([open.bus.stats.eventsWaiting, open.bus.stats.rejectedByOutcome.unrouted]).toEqual([0, 2]);
});

test('I5 events of different length, keys and headers wait and come out whole', async () => {
  const open = await openFull({ ringBytes: 2048 });
  const sent: [string, string | undefined, object | undefined][] = [];
  for (let nth = 0; nth < 30; nth += 1) {
    const payload = '€'.repeat(nth * 7);
    const key = nth % 3 === 0 ? undefined : `key ${nth}`;
    const headers = nth % 2 === 0 ? undefined : { nth: `${nth}` };
    sent.push([payload, key, headers]);
    void open.block.ingestRaw(payload, { key, headers });
  }
  open.adapter.hold = false;
  await release(open);
  await open.environment.advance(10);
  const events = open.adapter.calls.flatMap(({ batch }) => [...batch]).slice(4);
  const got = events.map(({ bytes, key, headers }) => [Buffer.from(bytes).toString(), key, headers]);
  expect(got).toEqual(sent);
});
