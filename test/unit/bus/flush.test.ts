// Flush: what it waits for, what it counts.
import { expect, test } from 'vitest';
import { feed, openBus, watch } from '../../support/open-bus.ts';

const LINGER = { batch: { maxDelayMs: 60_000, maxEvents: 100 } };

function counts(dispatched: number, dropped: Record<string, number> = {}) {
  const none = { evicted: 0, 'adapter-rejected': 0, 'retries-exhausted': 0, unconfirmed: 0, stranded: 0 };
  return { dispatched, dropped: { ...none, ...dropped } };
}

test('F1 dispatches partial batches at once, and settles when they have ended', async () => {
  const open = await openBus(LINGER);
  await feed(open, 3);
  const flushed = watch(open.bus.flush());
  await open.environment.turn();
  expect(open.adapter.seen).toEqual([[0, 0, 3]]);
  expect(flushed.settled).toBe(false);
  open.adapter.last.take();
  await open.environment.turn();
  expect(flushed.value).toEqual(counts(3));
  expect(open.adapter.flushes).toBe(1);
});

test('F1 resolves on an idle bus, and the adapter flushes all the same', async () => {
  const open = await openBus();
  expect(await open.bus.flush()).toEqual(counts(0));
  expect(open.adapter.flushes).toBe(1);
});

test('F1 later traffic neither delays nor satisfies it', async () => {
  const open = await openBus({ batch: { maxDelayMs: 60_000, maxEvents: 2 } });
  const { adapter, environment } = open;
  await feed(open, 1);
  const flushed = watch(open.bus.flush());
  await environment.turn();
  for (let nth = 0; nth < 3; nth += 1) await feed(open, 2);
  expect(flushed.settled).toBe(false);
  adapter.last.take();
  await environment.turn();
  expect(flushed.value).toEqual(counts(1));
  expect(open.bus.stats.eventsPending).toBe(6);
});

test('F1 a batch that holds earlier and later events counts for the earlier ones alone', async () => {
  const open = await openBus(LINGER);
  await feed(open, 3);
  const flushed = watch(open.bus.flush());
  open.bus.ingestRaw('later');
  await open.environment.turn();
  expect(open.adapter.seen).toEqual([[0, 0, 4]]);
  open.adapter.last.take();
  await open.environment.turn();
  expect(flushed.value).toEqual(counts(3));
  expect(await open.bus.flush()).toEqual(counts(1));
});

test('F1 Block waiters are not covered', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2 });
  const { adapter, bus, environment } = open;
  for (let nth = 0; nth < 5; nth += 1) void bus.ingestRaw('x');
  const flushed = watch(bus.flush());
  await environment.turn();
  adapter.last.take();
  await environment.turn();
  expect(flushed.value).toEqual(counts(2));
  expect(bus.stats.eventsPending).toBe(3);
});

test('F1 evictions are the chosen policy: counted, no error, also those that nobody has looked at yet', async () => {
  const open = await openBus({ ringCapacity: 4, backpressure: 'drop-oldest', batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 2);
  for (let nth = 0; nth < 4; nth += 1) bus.ingestRaw('covered');
  const flushed = watch(bus.flush());
  for (let nth = 0; nth < 4; nth += 1) bus.ingestRaw('evicts a covered one');
  adapter.last.take();
  await environment.turn();
  expect(flushed.value).toEqual(counts(2, { evicted: 4 }));
});

test('F1 flushes that run together each count what they cover', async () => {
  const open = await openBus(LINGER);
  await feed(open, 2);
  const first = watch(open.bus.flush());
  open.bus.ingestRaw('x');
  const second = watch(open.bus.flush());
  await open.environment.turn();
  open.adapter.last.take();
  await open.environment.turn();
  expect([first.value, second.value]).toEqual([counts(2), counts(3)]);
  expect(await open.bus.flush()).toEqual(counts(0));
});

test('F1 waits for every shard', async () => {
  const open = await openBus({ shards: 4 });
  const { adapter, bus, environment } = open;
  await feed(open, 40);
  const flushed = watch(bus.flush());
  for (const call of adapter.calls.slice(1)) call.take();
  await environment.turn();
  expect(flushed.settled).toBe(false);
  adapter.calls[0]?.take();
  await environment.turn();
  expect(flushed.value).toEqual(counts(40));
});

test('F1 its signal ends the waiting and leaves no listener', async () => {
  const open = await openBus();
  await feed(open, 2);
  const controller = new AbortController();
  const flushed = watch(open.bus.flush({ signal: controller.signal }));
  await open.environment.turn();
  const reason = new Error('enough');
  controller.abort(reason);
  await open.environment.turn();
  expect(flushed.error).toBe(reason);
  open.adapter.last.take();
  await open.environment.turn();
  expect(await open.bus.flush()).toEqual(counts(2));
});

test('F1 a signal that has aborted already rejects at once and touches nothing', async () => {
  const open = await openBus(LINGER);
  await feed(open, 2);
  await expect(open.bus.flush({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  await open.environment.turn();
  expect(open.adapter.calls).toHaveLength(0);
  expect(open.adapter.flushes).toBe(0);
});

test('F1 its signal reaches the adapter’s flush', async () => {
  const open = await openBus();
  let seen: AbortSignal | undefined;
  open.adapter.onFlush = ({ signal }) => {
    seen = signal;
    return new Promise(() => undefined);
  };
  const controller = new AbortController();
  const flushed = watch(open.bus.flush({ signal: controller.signal }));
  await open.environment.turn();
  expect(seen?.aborted).toBe(false);
  controller.abort();
  await open.environment.turn();
  expect(seen?.aborted).toBe(true);
  expect(flushed.error).toBe(controller.signal.reason);
});
