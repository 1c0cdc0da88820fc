// What becomes known of a change of shards whose caller has gone, or was told of something else.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memory } from '../../../src/adapters/memory/index.ts';
import type { FindingMessage } from '../../../src/bus/announcer.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { fault } from '../../../src/testing/fault.ts';
import { faulty } from '../../../src/testing/fault-adapter.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, keysByShard, openBus, watch } from '../../support/open-bus.ts';

const SMALL = { shards: 3, ringCapacity: 64, maxEventBytes: 1024 };
const ENOUGH = new Error('waited enough');
let told: FindingMessage[];
const listen = (message: unknown): void => void told.push(message as FindingMessage);

beforeEach(() => {
  told = [];
  subscribe('meshbus:finding', listen);
});

afterEach(() => void unsubscribe('meshbus:finding', listen));

test('addShards that rejects with the reason of its signal has added nothing, however late that aborts', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2, batch: { maxEvents: 2, maxDelayMs: 0 } });
  await feed(open, 2);
  await feed(open, 2);
  const controller = new AbortController();
  // Those who wait for room get into the new shard, and go on before the caller of addShards does.
  for (let nth = 0; nth < 20; nth += 1) {
    const waiting = Promise.resolve(open.bus.ingestRaw(`${nth}`, { key: `key-${nth}` }));
    void waiting.then(() => controller.abort(ENOUGH));
  }
  const adding = watch(open.bus.addShards(1, { signal: controller.signal }));
  await open.environment.advance(1);
  expect(controller.signal.aborted).toBe(true);
  expect([adding.value, adding.error, open.bus.stats.shards.length]).toEqual([[1], undefined, 2]);
});

test('addShards with a signal that has aborted asks the adapter nothing', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  const listed = adapter.faults.count('listShards');
  await expect(bus.addShards(1, { signal: AbortSignal.abort(ENOUGH) })).rejects.toBe(ENOUGH);
  expect(await bus.addShards(1)).toEqual([3]);
  expect(adapter.faults.count('listShards') - listed).toBe(1);
  await bus.shutdown();
});

test('a shard that cannot be sealed after its caller has gone is reported', async () => {
  const environment = new ManualEnvironment();
  const adapter = faulty(memory(), environment);
  const bus = await EventBus.create({ ...SMALL, adapter }, { environment });
  adapter.faults.sealShard = fault.fail('Transient');
  const controller = new AbortController();
  const removing = watch(bus.removeShards([0, 1], { signal: controller.signal }));
  controller.abort(ENOUGH);
  await environment.turn();
  expect(removing.error).toBe(ENOUGH);
  expect(told.map(({ kind, shard }) => [kind, shard])).toEqual([
    ['removal-failed', 0],
    ['removal-failed', 1],
  ]);
  adapter.faults.sealShard = undefined;
  await bus.removeShards([0, 1]);
  await bus.shutdown();
});

test('a shard that cannot be sealed is reported when the caller hears of a time-out alone', async () => {
  const adapter = new (class extends HeldAdapter {
    override readonly capabilities = { deduplicates: false, exclusive: true };
    sealShard = (): Promise<void> => Promise.reject(new Error('no'));
  })();
  const open = await openBus({ shards: 3, adapterTimeoutMs: 100_000, scaling: { drainTimeoutMs: 50 } }, adapter);
  adapter.hold = false;
  const [, key] = (await keysByShard(open)) as [string, string];
  adapter.hold = true;
  open.bus.ingestRaw('stays', { key });
  await open.environment.turn();
  const removing = watch(open.bus.removeShards([0, 1]));
  await open.environment.advance(50);
  expect(removing.error).toMatchObject({ kind: 'DrainTimeout', draining: [1], gone: [] });
  expect(told.map(({ kind, shard }) => [kind, shard])).toEqual([['removal-failed', 0]]);
});

test('F2 a shard whose last batch is stranded is not sealed: the store may yet get it', async () => {
  const sealed: number[] = [];
  const adapter = new (class extends HeldAdapter {
    override readonly capabilities = { deduplicates: false, exclusive: true };
    sealShard = async (shard: number): Promise<void> => void sealed.push(shard);
  })();
  const open = await openBus({ shards: 3, adapterTimeoutMs: 100_000, shutdownTimeoutMs: 50 }, adapter);
  adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  adapter.hold = true;
  open.bus.ingestRaw('stranded', { key });
  await open.environment.turn();
  const removing = watch(open.bus.removeShards([0, 1]));
  const shutdown = watch(open.bus.shutdown());
  await open.environment.advance(100);
  expect(shutdown.error).toMatchObject({ kind: 'Fatal' });
  expect(removing.error).toMatchObject({ kind: 'ShuttingDown' });
  expect(sealed).toEqual([1]);
});

test('an adapter that cannot tell its shards is told as such', async () => {
  const adapter = faulty(memory());
  const bus = await EventBus.create({ ...SMALL, adapter });
  adapter.faults.listShards = fault.once(fault.fail('Connection'));
  await expect(bus.addShards(1)).rejects.toMatchObject({
    kind: 'Adapter',
    shards: [],
    message: expect.stringMatching(/^The adapter failed when asked for free shard ids: /),
  });
  await bus.shutdown();
});

test('S3 a store that fails to seal does not end automatic scaling', async () => {
  const environment = new ManualEnvironment();
  const adapter = faulty(memory(), environment);
  const scaling = { automatic: true, cooldownMs: 500, thresholds: { windowMs: 500 } };
  const bus = await EventBus.create({ ...SMALL, shards: 2, scaling, adapter }, { environment });
  adapter.faults.sealShard = fault.once(fault.fail('Transient'));
  await environment.advance(5000);
  expect(bus.stats.shards.length).toBe(1);
  expect(told.map(({ kind }) => kind)).toEqual(['scaling-failed', 'scaled-down']);
  const end = bus.shutdown();
  await environment.advance(1000);
  await end;
});
