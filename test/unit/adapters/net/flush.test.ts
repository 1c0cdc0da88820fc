// `flush` with `confirm`: what it covered is durable here and was made durable by as many other nodes.
import { afterEach, expect, test } from 'vitest';
import { memory } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { HeldStore } from '../../../support/net/held-store.ts';
import { addressOf, figuresOf, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
const SOON = { retry: { baseDelayMs: 10, maxDelayMs: 50 }, shards: 1 } as const;

afterEach(() => buses.close());

test('F1 flush waits until another node has made durable what it covered', async () => {
  const store = new HeldStore();
  const a = await buses.node({ listen: 0, confirm: 1 }, SOON);
  await buses.node({ peers: addressOf(a), store: store.factory });
  a.ingestRaw('one');
  await within(5000, () => a.stats.eventsDispatched === 1);
  const before = store.flushes;
  store.hold();
  let settled = false;
  const flushed = a.flush().then(() => {
    settled = true;
  });
  await within(5000, () => store.flushes > before);
  expect(settled).toBe(false);
  store.letGo();
  await within(5000, flushed);
});

test('F1 what other nodes have made durable is not asked for again', async () => {
  const store = new HeldStore();
  const a = await buses.node({ listen: 0, confirm: 1 }, SOON);
  await buses.node({ peers: addressOf(a), store: store.factory });
  a.ingestRaw('one');
  await within(5000, a.flush());
  const flushes = store.flushes;
  await within(5000, a.flush());
  expect(store.flushes).toBe(flushes);
  a.ingestRaw('two');
  await within(5000, a.flush());
  expect(store.flushes).toBe(flushes + 1);
});

test('with confirm local flush asks nobody', async () => {
  const store = new HeldStore();
  const a = await buses.node({ listen: 0 }, SOON);
  await buses.node({ peers: addressOf(a), store: store.factory, joinTimeoutMs: 5000 });
  const before = store.flushes;
  a.ingestRaw('one');
  await within(5000, a.flush());
  await within(5000, () => figuresOf(a).links[0]?.lagEvents === 0);
  expect(store.flushes).toBe(before);
});

test('F1 flush fails with both numbers when nobody is there for silenceMs, and the next one makes up for it', async () => {
  const store = memory();
  const a = await buses.node({ listen: 0, confirm: 1, silenceMs: 300 }, SOON);
  const b = await buses.node({ peers: addressOf(a), store });
  a.ingestRaw('one');
  await within(5000, () => a.stats.eventsDispatched === 1);
  await b.shutdown();
  const failed = within(10_000, a.flush());
  await expect(failed).rejects.toMatchObject({ kind: 'Transient', code: 'EBUS_ADAPTER_TRANSIENT' });
  await expect(failed).rejects.toThrow('1 other nodes must have a batch (confirm), and 0 are linked');
  await buses.node({ peers: addressOf(a), store });
  await within(5000, () => figuresOf(a).links.length === 1);
  expect(await within(5000, a.flush())).toMatchObject({ dropped: {} });
});

test('F1 a node that comes back within silenceMs is waited for', async () => {
  const store = memory();
  const a = await buses.node({ listen: 0, confirm: 1, silenceMs: 20_000 }, SOON);
  const b = await buses.node({ peers: addressOf(a), store });
  a.ingestRaw('one');
  await within(5000, () => a.stats.eventsDispatched === 1);
  await b.shutdown();
  await within(5000, () => figuresOf(a).links.length === 0);
  const flushed = a.flush();
  await buses.node({ peers: addressOf(a), store });
  await within(15_000, flushed);
});

test('F1 confirm: 2 is not content with one node that made it durable', async () => {
  const slow = new HeldStore();
  const a = await buses.node({ listen: 0, confirm: 2 }, SOON);
  await buses.node({ peers: addressOf(a) });
  await buses.node({ peers: addressOf(a), store: slow.factory });
  a.ingestRaw('one');
  await within(5000, () => a.stats.eventsDispatched === 1);
  slow.hold();
  let settled = false;
  const flushed = a.flush().then(() => {
    settled = true;
  });
  const before = slow.flushes;
  await within(5000, () => slow.flushes > before);
  expect(settled).toBe(false);
  slow.letGo();
  await within(5000, flushed);
});
