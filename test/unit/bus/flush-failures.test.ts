// Flush when something is lost: it says so, once.
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { PositionError } from '../../../src/errors/position-error.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, keysByShard, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';

const FATAL = new AdapterError('Fatal', 'never');

test('F1 rejects with counts when a covered event was dropped, before or after the call, and says so once', async () => {
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 4);
  adapter.last.fail(FATAL);
  await environment.turn();
  const flushed = watch(bus.flush());
  adapter.last.take();
  await environment.turn();
  expect(flushed.error).toBeInstanceOf(AdapterError);
  expect(flushed.error).toMatchObject({ kind: 'Fatal', counts: { dispatched: 2, dropped: { 'adapter-rejected': 2 } } });
  expect(await bus.flush()).toMatchObject({ dispatched: 0, dropped: { 'adapter-rejected': 0 } });
});

test('F1 a drop behind its target is left to the next flush', async () => {
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  await feed(open, 2);
  let goOn: () => void = () => undefined;
  adapter.onFlush = () =>
    new Promise((resolve) => {
      goOn = resolve;
    });
  const flushed = watch(bus.flush());
  adapter.last.take();
  await environment.turn();
  await feed(open, 2);
  adapter.last.fail(FATAL);
  await environment.turn();
  goOn();
  await environment.turn();
  expect(flushed.value).toMatchObject({ dispatched: 2 });
  adapter.onFlush = async () => undefined;
  await expect(bus.flush()).rejects.toMatchObject({ counts: { dispatched: 0, dropped: { 'adapter-rejected': 2 } } });
});

test('F1 flushes that began before any of them settled all tell of a drop', async () => {
  const open = await openBus();
  await feed(open, 2);
  const flushes = [watch(open.bus.flush()), watch(open.bus.flush())];
  open.adapter.last.fail(FATAL);
  await open.environment.turn();
  for (const { error } of flushes) expect(error).toMatchObject({ counts: { dropped: { 'adapter-rejected': 2 } } });
  await open.bus.flush();
});

test('F1 a flush that its signal ended has told of nothing', async () => {
  const open = await openBus();
  await feed(open, 2);
  const controller = new AbortController();
  const aborted = watch(open.bus.flush({ signal: controller.signal }));
  open.adapter.last.fail(FATAL);
  controller.abort();
  await open.environment.turn();
  expect(aborted.error).toBe(controller.signal.reason);
  await expect(open.bus.flush()).rejects.toMatchObject({ counts: { dropped: { 'adapter-rejected': 2 } } });
});

test.each(['Transient', 'Fatal', 'Connection'] as const)(
  'F1 rejects when the adapter’s own flush fails with %s',
  async (kind) => {
    const open = await openBus();
    open.adapter.hold = false;
    open.adapter.onFlush = async () => {
      throw new AdapterError(kind, 'disk');
    };
    await feed(open, 2);
    await expect(open.bus.flush()).rejects.toMatchObject({ kind, counts: { dispatched: 2 } });
  },
);

test('F1 whatever the adapter’s flush throws arrives as an AdapterError', async () => {
  const open = await openBus();
  for (const thrown of [new TypeError('x'), 'text', undefined, new PositionError('lost')]) {
    open.adapter.onFlush = () => {
      throw thrown;
    };
    await expect(open.bus.flush()).rejects.toBeInstanceOf(AdapterError);
  }
});

test('F1 an adapter whose flush hangs ends it after adapterTimeoutMs', async () => {
  const open = await openBus();
  open.adapter.onFlush = () => new Promise(() => undefined);
  const flushed = watch(open.bus.flush());
  await open.environment.advance(TIMEOUT_MS);
  expect(flushed.error).toMatchObject({ kind: 'Transient' });
});

test('F1 rejects when it would wait for a wedged shard, and names it and what waits there', async () => {
  const open = await openBus({ shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [, stuck] = await keysByShard(open);
  adapter.hold = true;
  for (let nth = 0; nth < 3; nth += 1) bus.ingestRaw('x', { key: stuck });
  await environment.turn();
  const before = watch(bus.flush());
  await environment.advance(2 * TIMEOUT_MS);
  const after = watch(bus.flush());
  await environment.turn();
  for (const { error } of [before, after]) {
    expect(error).toBeInstanceOf(AdapterError);
    expect((error as AdapterError).message).toMatch(/shard 1 with 3 events/);
    expect((error as AdapterError).message).not.toMatch(/shard 0/);
  }
});

test('F1 a wedged shard that holds nothing of its is no matter', async () => {
  const open = await openBus({ shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [, stuck] = await keysByShard(open);
  const flushed = watch(bus.flush());
  adapter.hold = true;
  bus.ingestRaw('x', { key: stuck });
  await environment.advance(2 * TIMEOUT_MS);
  expect(flushed.value).toMatchObject({ dispatched: 0 });
});

test('F1 what a lane takes after its recovery is durable before the flush resolves', async () => {
  const open = await openBus({ adapterTimeoutMs: 1000 }, new HeldAdapter({ deduplicates: true }));
  const { adapter, bus, environment } = open;
  await feed(open, 2);
  const flushed = watch(bus.flush());
  let goOn: () => void = () => undefined;
  let taken = 0;
  const takenAtFlush: number[] = [];
  adapter.onFlush = () => {
    takenAtFlush.push(taken);
    return new Promise((resolve) => {
      goOn = resolve;
    });
  };
  await environment.advance(2000);
  expect(takenAtFlush).toEqual([0]);
  taken = 2;
  adapter.last.take();
  await environment.turn();
  goOn();
  await environment.turn();
  expect(flushed.settled).toBe(false);
  goOn();
  await environment.turn();
  expect(takenAtFlush).toEqual([0, 2]);
  expect(flushed.value).toMatchObject({ dispatched: 2 });
});
