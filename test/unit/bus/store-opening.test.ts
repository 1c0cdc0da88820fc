// How a bus opens its adapter: what it refuses, what it closes again, which shards it takes.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import type { Adapter } from '../../../src/adapter/contract.ts';
import { memory } from '../../../src/adapters/memory/index.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { openBus } from '../../support/open-bus.ts';

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new TypeError('no');
    },
  ],
  ['returns nothing', () => undefined],
  ['returns an adapter without a method', () => Object.assign(new HeldAdapter(), { tail: undefined })],
  ['returns an adapter without capabilities', () => Object.assign(new HeldAdapter(), { capabilities: undefined })],
])('a factory that %s makes create reject with an AdapterError', async (_, create) => {
  const adapter = { kind: 'broken', create: create as () => Adapter };
  await expect(EventBus.create({ adapter })).rejects.toMatchObject({ kind: 'Fatal', code: 'EBUS_ADAPTER_FATAL' });
});

test.each([
  ['no name', { storeId: '' }],
  ['nothing', undefined],
  ['a stamp that is no bigint', { storeId: 's', lastTimestampNs: 5 }],
  ['a stamp before 1970', { storeId: 's', lastTimestampNs: -1n }],
  ['a stamp after the end of time', { storeId: 's', lastTimestampNs: 2n ** 64n }],
  ['a limit of nothing', { storeId: 's', maxEventBytes: 0 }],
  ['a limit that is no number', { storeId: 's', maxEventBytes: Number.NaN }],
  ['a fraction as limit', { storeId: 's', maxBatchBytes: 1.5 }],
])('an adapter that opens with %s is refused and closed', async (_, info) => {
  const adapter = new HeldAdapter();
  adapter.onInit = async () => info as { storeId: string };
  await expect(EventBus.create({ adapter: adapter.factory })).rejects.toBeInstanceOf(AdapterError);
  expect(adapter.shutdowns).toBe(1);
});

test('a start that fails closes what it opened, and the first error is the one that counts', async () => {
  const adapter = Object.assign(new HeldAdapter(), {
    prepareShard: async (shard: number) => {
      if (shard === 1) throw new AdapterError('Connection', 'no second shard');
    },
  });
  adapter.onShutdown = async () => {
    throw new Error('and this, too');
  };
  const findings: unknown[] = [];
  const hear = (message: unknown): void => void findings.push(message);
  subscribe('meshbus:finding', hear);
  await expect(EventBus.create({ adapter: adapter.factory })).rejects.toMatchObject({ kind: 'Connection' });
  unsubscribe('meshbus:finding', hear);
  expect(adapter.shutdowns).toBe(1);
  expect(findings).toMatchObject([{ kind: 'close-failed' }]);
});

test('a second bus on a memory store is refused, and closes nothing of the first', async () => {
  const store = memory();
  const first = await EventBus.create({ adapter: store });
  for (let nth = 0; nth < 3; nth += 1) {
    await expect(EventBus.create({ adapter: store })).rejects.toMatchObject({ kind: 'Connection' });
  }
  first.ingest({ n: 1 });
  expect(await first.flush()).toMatchObject({ dispatched: 1 });
  await first.shutdown();
  await (await EventBus.create({ adapter: store })).shutdown();
});

test('T1 stamps start above the newest one in the store, and a store ahead of the clock is reported', async () => {
  const adapter = new HeldAdapter();
  const findings: unknown[] = [];
  const hear = (message: unknown): void => void findings.push(message);
  subscribe('meshbus:finding', hear);
  const ahead = 1_700_000_060_000_000_000n;
  adapter.onInit = async () => ({ storeId: 's', lastTimestampNs: ahead });
  const { bus, environment } = await openBus({}, adapter);
  unsubscribe('meshbus:finding', hear);
  expect(findings).toMatchObject([{ kind: 'clock-ahead', producer: adapter.producer }]);
  bus.ingestRaw('x');
  await environment.turn();
  expect([...adapter.last.batch][0]?.timestampNs).toBe(ahead + 1n);
});

test('T1 a store behind the clock is no matter', async () => {
  const adapter = new HeldAdapter();
  adapter.onInit = async () => ({ storeId: 's', lastTimestampNs: 5n });
  const { bus, environment } = await openBus({}, adapter);
  bus.ingestRaw('x');
  await environment.turn();
  expect([...adapter.last.batch][0]?.timestampNs).toBe(1_700_000_000_000_000_000n);
});
