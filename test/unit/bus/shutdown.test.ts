// Shutdown: its order, its deadline, its one outcome.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';

test('F2 stops intake, drains, flushes, closes, and resolves to the final counts', async () => {
  const open = await openBus({ batch: { maxDelayMs: 60_000, maxEvents: 100 } });
  const { adapter, bus, environment } = open;
  await feed(open, 3);
  const order: string[] = [];
  adapter.onFlush = async () => void order.push('flush');
  adapter.onShutdown = async () => void order.push('shutdown');
  const shut = watch(bus.shutdown());
  expect(bus.tryIngestRaw('late')).toBe('shutting-down');
  await environment.turn();
  expect([adapter.seen, order]).toEqual([[[0, 0, 3]], []]);
  adapter.last.take();
  await environment.turn();
  expect(order).toEqual(['flush', 'shutdown']);
  expect(shut.value).toMatchObject({
    eventsIngested: 3,
    eventsDispatched: 3,
    eventsPending: 0,
    eventsRejected: 1,
    shutdownWasLossy: false,
  });
});

test('F2 after the deadline what is left is stranded, and it rejects but is shut down', async () => {
  const open = await openBus({ shutdownTimeoutMs: 50, batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 5);
  const shut = watch(bus.shutdown());
  await environment.advance(49);
  expect(shut.settled).toBe(false);
  await environment.advance(1);
  expect(shut.error).toBeInstanceOf(AdapterError);
  expect(shut.error).toMatchObject({ counts: { dispatched: 0, dropped: { stranded: 5 } } });
  expect((shut.error as Error).message).toMatch(/5 accepted events/);
  expect(bus.stats.toJSON()).toMatchObject({ shutdownWasLossy: true, eventsPending: 0, eventsDropped: 5 });
  expect([adapter.flushes, adapter.shutdowns]).toEqual([1, 1]);
  expect(adapter.last.signal.aborted).toBe(true);
});

test('F2 an attempt that settles after it was stranded changes nothing, and nothing is sent any more', async () => {
  for (const settle of ['take', 'fail'] as const) {
    const adapter = new HeldAdapter({ deduplicates: true });
    const open = await openBus({ shutdownTimeoutMs: 50, batch: { maxEvents: 2, maxDelayMs: 0 } }, adapter);
    await feed(open, 5);
    const shut = watch(open.bus.shutdown());
    await open.environment.advance(60);
    const before = { ...open.bus.stats.toJSON(), shards: [] };
    adapter.last[settle](new AdapterError('Transient', 'late'));
    await open.environment.advance(10_000);
    expect({ ...open.bus.stats.toJSON(), shards: [] }).toEqual(before);
    expect(adapter.calls).toHaveLength(1);
    expect(shut.settled).toBe(true);
    expect(open.environment.waiting).toBe(0);
  }
});

test('F2 during a back-off it waits for the next attempt, and strands at the deadline', async () => {
  for (const [timeoutMs, taken] of [
    [500, true],
    [5, false],
  ] as const) {
    const open = await openBus({ shutdownTimeoutMs: timeoutMs, retry: { baseDelayMs: 40, maxDelayMs: 40 } });
    await feed(open, 1);
    open.adapter.last.fail(new AdapterError('Transient', 'again'));
    await open.environment.turn();
    const shut = watch(open.bus.shutdown());
    open.adapter.hold = false;
    await open.environment.advance(100);
    expect(shut.settled).toBe(true);
    expect(shut.error === undefined).toBe(taken);
    expect(open.adapter.calls).toHaveLength(taken ? 2 : 1);
  }
});

test('F2 calling it again or from two places gives the same outcome', async () => {
  const open = await openBus({ shutdownTimeoutMs: 50 });
  await feed(open, 1);
  const calls = [watch(open.bus.shutdown()), watch(open.bus.shutdownViaRef())];
  await open.environment.advance(50);
  calls.push(watch(open.bus.shutdown()));
  await open.environment.turn();
  expect(calls[0]?.error).toBeInstanceOf(AdapterError);
  for (const { error } of calls) expect(error).toBe(calls[0]?.error);
  expect(open.adapter.shutdowns).toBe(1);
});

test('F2 await using shuts the bus down', async () => {
  const adapter = new HeldAdapter();
  adapter.hold = false;
  const open = await openBus({}, adapter);
  {
    await using bus = open.bus;
    bus.ingestRaw('x');
    setImmediate(() => open.environment.turn());
  }
  expect(adapter.shutdowns).toBe(1);
  expect(open.bus.stats.eventsDispatched).toBe(1);
});

test('F2 a signal that aborts ends the draining at once, whoever gave it', async () => {
  const open = await openBus({ shutdownTimeoutMs: 10_000 });
  await feed(open, 2);
  const first = watch(open.bus.shutdown());
  const controller = new AbortController();
  const second = watch(open.bus.shutdown({ signal: controller.signal }));
  await open.environment.advance(100);
  expect(first.settled).toBe(false);
  controller.abort();
  await open.environment.turn();
  expect(first.error).toMatchObject({ counts: { dropped: { stranded: 2 } } });
  expect(second.error).toBe(first.error);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});

test('F2 a signal that has aborted already strands what is pending, and loses nothing of an idle bus', async () => {
  const busy = await openBus();
  await feed(busy, 2);
  const shut = watch(busy.bus.shutdown({ signal: AbortSignal.abort() }));
  await busy.environment.turn();
  expect(shut.error).toMatchObject({ counts: { dropped: { stranded: 2 } } });
  const idle = await openBus();
  expect(await idle.bus.shutdown({ signal: AbortSignal.abort() })).toMatchObject({ shutdownWasLossy: false });
});

test('I5 F2 shutdown rejects waiters with ShuttingDown', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2 });
  const { bus, environment } = open;
  open.adapter.hold = false;
  const ingests = Array.from({ length: 5 }, () => watch(Promise.resolve(bus.ingestRaw('x'))));
  const shut = watch(bus.shutdown());
  await environment.advance(10);
  const kinds = ingests.map(({ error }) => (error as { kind?: string } | undefined)?.kind);
  expect(kinds).toEqual([undefined, undefined, 'ShuttingDown', 'ShuttingDown', 'ShuttingDown']);
  expect(shut.value).toMatchObject({
    eventsDispatched: 2,
    rejectedByOutcome: { 'shutting-down': 3 },
    eventsWaiting: 0,
  });
});

test('F1 F2 a flush that runs while the bus shuts down tells of what was stranded', async () => {
  const open = await openBus({ shutdownTimeoutMs: 50 });
  await feed(open, 2);
  const flushed = watch(open.bus.flush());
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(TIMEOUT_MS);
  expect(flushed.error).toMatchObject({ counts: { dropped: { stranded: 2 } } });
  expect(shut.settled).toBe(true);
  await expect(open.bus.flush()).rejects.toMatchObject({ kind: 'Shutdown', counts: { dropped: { stranded: 0 } } });
});

test('F1 flush after shutdown rejects with AdapterError Shutdown, and tells of what nobody was told', async () => {
  const open = await openBus({ shutdownTimeoutMs: 50 });
  await feed(open, 2);
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(50);
  expect(shut.settled).toBe(true);
  await expect(open.bus.flush()).rejects.toMatchObject({ kind: 'Shutdown', counts: { dropped: { stranded: 2 } } });
  await expect(open.bus.flush()).rejects.toMatchObject({ kind: 'Shutdown', counts: { dropped: { stranded: 0 } } });
});
