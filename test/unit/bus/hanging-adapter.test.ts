// An adapter that hangs or throws in any of its calls never hangs the bus beyond its time-out.
import { expect, test } from 'vitest';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { PositionError } from '../../../src/errors/position-error.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';

const never = () => new Promise<never>(() => undefined);

test('F2 an adapter that hangs in init makes create reject in time, and is closed if it opens after all', async () => {
  const environment = new ManualEnvironment();
  const adapter = new HeldAdapter();
  let open: (info: { storeId: string }) => void = () => undefined;
  adapter.onInit = () =>
    new Promise((resolve) => {
      open = resolve;
    });
  const options = { adapter: adapter.factory, adapterTimeoutMs: TIMEOUT_MS };
  const created = watch(EventBus.create(options, { environment }));
  await environment.advance(TIMEOUT_MS);
  expect(created.error).toBeInstanceOf(AdapterError);
  expect(adapter.shutdowns).toBe(0);
  open({ storeId: 'late' });
  await environment.turn();
  expect(adapter.shutdowns).toBe(1);
});

test('F2 an adapter that hangs in onBatch costs shutdown its deadline, and the outcome says what was lost', async () => {
  const open = await openBus({ shutdownTimeoutMs: 10 * TIMEOUT_MS });
  await feed(open, 3);
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(10 * TIMEOUT_MS);
  expect(shut.error).toMatchObject({ counts: { dispatched: 0, dropped: { stranded: 3 } } });
});

test('F2 an adapter that hangs in flush and shutdown costs a time-out each, and the bus is shut down', async () => {
  const open = await openBus();
  open.adapter.hold = false;
  open.adapter.onFlush = never;
  open.adapter.onShutdown = never;
  await feed(open, 3);
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(2 * TIMEOUT_MS);
  expect(shut.error).toMatchObject({ kind: 'Transient', counts: { dispatched: 3 } });
  expect((shut.error as AdapterError).message).toMatch(/flush did not settle/);
  expect(open.bus.stats.toJSON()).toMatchObject({ shutdownWasLossy: false, eventsPending: 0 });
  expect(open.bus.tryIngestRaw('x')).toBe('shutting-down');
});

test('F2 all of it at once: the deadline, then at most a second for each of flush and close', async () => {
  const open = await openBus({ shutdownTimeoutMs: 500, adapterTimeoutMs: 30_000 });
  open.adapter.onFlush = never;
  open.adapter.onShutdown = never;
  await feed(open, 3);
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(2499);
  expect(shut.settled).toBe(false);
  await open.environment.advance(1);
  expect(shut.error).toMatchObject({ kind: 'Fatal', counts: { dropped: { stranded: 3 } } });
  expect(open.environment.waiting).toBe(0);
});

test('F2 what flush and shutdown of the adapter throw arrives as an AdapterError', async () => {
  for (const thrown of [new TypeError('x'), 'text', new PositionError('lost'), new AdapterError('Fatal', 'disk')]) {
    const open = await openBus();
    const fail = () => {
      throw thrown;
    };
    open.adapter.onFlush = fail;
    open.adapter.onShutdown = fail;
    const shut = watch(open.bus.shutdown());
    await open.environment.turn();
    expect(shut.error).toBeInstanceOf(AdapterError);
    expect(shut.error).toMatchObject({ kind: 'Fatal', code: 'EBUS_ADAPTER_FATAL' });
  }
});

test('F3 after shutdown the adapter is not called any more', async () => {
  const open = await openBus();
  await open.bus.shutdown();
  const calls = open.adapter.flushes;
  await expect(open.bus.flush()).rejects.toMatchObject({ kind: 'Shutdown' });
  await expect(open.bus.poll({ limit: 1 })).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Shutdown' } });
  expect(open.adapter.flushes).toBe(calls);
});
