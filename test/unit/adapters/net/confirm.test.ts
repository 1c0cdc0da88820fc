// `confirm`: a batch counts as dispatched once so many other nodes have it; with too few of them the bus waits or tells.
import { afterEach, expect, test } from 'vitest';
import type { AdapterError } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { HeldStore } from '../../../support/net/held-store.ts';
import { addressOf, eventsOf, figuresOf, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
const SOON = { retry: { baseDelayMs: 10, maxDelayMs: 50 }, shards: 1 } as const;

afterEach(() => buses.close());

test('D2 too few nodes are Transient, with both numbers', async () => {
  const errors: AdapterError[] = [];
  const retry = { attempts: 2, baseDelayMs: 1 };
  const onDeadLetter = (_: unknown, error: AdapterError): void => void errors.push(error);
  const a = await buses.node({ listen: 0, confirm: 2 }, { shards: 1, retry, onDeadLetter });
  await buses.node({ peers: addressOf(a) });
  await within(5000, () => figuresOf(a).links.length === 1);
  a.ingestRaw('one');
  await within(5000, () => errors.length === 1);
  expect(errors[0]).toMatchObject({ kind: 'Transient', code: 'EBUS_ADAPTER_TRANSIENT' });
  expect(errors[0]?.message).toContain('2 other nodes must have a batch (confirm), and 1 are linked');
  expect(a.stats.droppedByReason).toMatchObject({ 'retries-exhausted': 1 });
});

test('I4 while too few nodes are there the ring fills and the policy acts; when they come all of it is dispatched', async () => {
  const options = { ...SOON, ringCapacity: 8, batch: { maxEvents: 2 }, maxEventBytes: 64 };
  const a = await buses.node({ listen: 0, confirm: 1 }, options);
  const outcomes = new Map<string, number>();
  await within(5000, () => {
    const outcome = a.tryIngestRaw(`event ${a.stats.eventsIngested}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return outcomes.get('backpressure') === 5;
  });
  const { eventsIngested, eventsDispatched, eventsPending } = a.stats;
  expect([eventsDispatched, eventsPending]).toEqual([0, eventsIngested]);
  expect(eventsIngested).toBeLessThanOrEqual(8 + 2);
  const b = await buses.node({ peers: addressOf(a) });
  await within(10_000, () => a.stats.eventsDispatched === eventsIngested);
  expect((await eventsOf(b)).map((event) => event.text())).toEqual(
    Array.from({ length: eventsIngested }, (_, nth) => `event ${nth}`),
  );
  expect(a.tryIngestRaw('more')).toBe('accepted');
});

test('confirm: 2 waits for both of three nodes, also when a batch was at one of them before', async () => {
  const a = await buses.node({ listen: 0, confirm: 2 }, SOON);
  const b = await buses.node({ peers: addressOf(a) });
  a.ingestRaw('one');
  const flushed = a.flush();
  await within(5000, () => figuresOf(a).links[0]?.lagEvents === 0 && figuresOf(b).streams === 1);
  expect(a.stats.eventsDispatched).toBe(0);
  const c = await buses.node({ peers: addressOf(a) });
  expect(await within(10_000, flushed)).toMatchObject({ dispatched: 1 });
  for (const bus of [b, c]) expect(await eventsOf(bus)).toHaveLength(1);
});

test('one slow node holds nobody up while others are enough', async () => {
  const slow = new HeldStore();
  const a = await buses.node({ listen: 0, confirm: 1 }, SOON);
  const b = await buses.node({ peers: addressOf(a), store: slow.factory });
  await within(5000, () => figuresOf(a).links.length === 1);
  await buses.node({ peers: addressOf(a) });
  await within(5000, () => figuresOf(a).links.length === 2);
  slow.hold();
  for (let nth = 0; nth < 50; nth += 1) a.ingestRaw(`event ${nth}`);
  expect(await within(10_000, a.flush())).toMatchObject({ dispatched: 50 });
  expect(await eventsOf(b)).toEqual([]);
  slow.letGo();
});

test('a batch that was confirmed by a node that went away since is not sent again', async () => {
  const a = await buses.node({ listen: 0, confirm: 1 }, SOON);
  const b = await buses.node({ peers: addressOf(a) });
  a.ingestRaw('one');
  await within(10_000, () => a.stats.eventsDispatched === 1);
  await b.shutdown();
  const c = await buses.node({ peers: addressOf(a) });
  a.ingestRaw('two');
  await within(10_000, () => a.stats.eventsDispatched === 2);
  expect((await eventsOf(c)).map((event) => event.text())).toEqual(['one', 'two']);
});

test('F2 a shutdown while too few nodes are there ends in its time and counts what was left', async () => {
  const a = await buses.node({ listen: 0, confirm: 1 }, { ...SOON, shutdownTimeoutMs: 200 });
  a.ingestRaw('one');
  await expect(within(10_000, a.shutdown())).rejects.toMatchObject({ name: 'AdapterError' });
  const { eventsIngested, eventsDispatched, eventsDropped, shutdownWasLossy } = a.stats;
  expect([eventsIngested, eventsDispatched + eventsDropped, shutdownWasLossy]).toEqual([1, 1, true]);
});
