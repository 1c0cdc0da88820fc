// Who takes part and how: producers at the edge, the limit of streams, the wait of a start, what is refused and said.
import { afterEach, expect, test } from 'vitest';
import { memory } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { Findings } from '../../../support/net/findings.ts';
import { addressOf, eventsOf, figuresOf, MeshBuses, untilEvents } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
const findings = new Findings();
const SOON = { retry: { baseDelayMs: 10, maxDelayMs: 50 }, shards: 1 } as const;

afterEach(async () => {
  await buses.close();
  findings.clear();
});

const texts = (events: readonly { text(): string }[]): string[] => events.map((event) => event.text());

test('receive: false keeps its own events, which others get, takes none of theirs and relays nothing', async () => {
  const a = await buses.node({ listen: 0 }, SOON);
  const edge = await buses.node({ listen: 0, peers: addressOf(a), receive: false }, SOON);
  const b = await buses.node({ peers: addressOf(edge) }, SOON);
  await within(5000, () => figuresOf(edge).links.length === 2);
  a.ingestRaw('of a');
  edge.ingestRaw('of the edge');
  await Promise.all([a.flush(), edge.flush()]);
  expect(texts(await untilEvents(b, 1))).toEqual(['of the edge']);
  expect(texts(await untilEvents(a, 2)).toSorted()).toEqual(['of a', 'of the edge']);
  edge.ingestRaw('later');
  await untilEvents(a, 3);
  expect(texts(await eventsOf(edge))).toEqual(['of the edge', 'later']);
  expect(texts(await untilEvents(b, 2))).toEqual(['of the edge', 'later']);
  expect(figuresOf(a).links).toMatchObject([{ receives: false, lagEvents: 0, lagBytes: 0 }]);
});

test('a producer at the edge counts for no confirm, and may ask for confirm itself', async () => {
  const errors: Error[] = [];
  const retry = { attempts: 1 };
  const a = await buses.node(
    { listen: 0, confirm: 1 },
    { shards: 1, retry, onDeadLetter: (_, error) => void errors.push(error) },
  );
  const edge = await buses.node({ peers: addressOf(a), receive: false, confirm: 1 }, SOON);
  await within(5000, () => figuresOf(a).links.length === 1);
  a.ingestRaw('of a');
  await within(5000, () => errors.length === 1);
  expect(errors[0]?.message).toContain('and 0 are linked');
  edge.ingestRaw('of the edge');
  expect(await within(5000, edge.flush())).toMatchObject({ dispatched: 1 });
});

test('no more than maxStreams streams are taken, which is reported; those that are known go on', async () => {
  const a = await buses.node({ listen: 0, maxStreams: 2 }, SOON);
  const others = [];
  for (const name of ['b', 'c', 'd']) {
    const other = await buses.node({ peers: addressOf(a) }, SOON);
    other.ingestRaw(`${name} 1`);
    await other.flush();
    if (name !== 'd') await within(5000, () => figuresOf(other).links[0]?.lagEvents === 0);
    others.push(other);
  }
  await within(5000, () => findings.of(a, 'mesh-streams').length > 0);
  for (const [nth, name] of ['b', 'c', 'd'].entries()) others[nth]?.ingestRaw(`${name} 2`);
  expect(texts(await untilEvents(a, 4)).toSorted()).toEqual(['b 1', 'b 2', 'c 1', 'c 2']);
  expect(findings.of(a, 'mesh-streams')[0]?.message).toContain('2 streams (maxStreams)');
});

test('joinTimeoutMs: a start that reaches nobody fails and names whom it tried', async () => {
  const joining = buses.node({ peers: ['127.0.0.1:1', 'no-such-host.invalid:7'], joinTimeoutMs: 200 });
  await expect(joining).rejects.toMatchObject({ kind: 'Connection', code: 'EBUS_ADAPTER_CONNECTION' });
  await expect(joining).rejects.toThrow('200 ms (joinTimeoutMs)');
  await expect(joining).rejects.toThrow('127.0.0.1:1');
});

test('joinTimeoutMs: a start with another key fails and names the peer and the reason', async () => {
  const a = await buses.node({ listen: 0 });
  const joining = buses.node({ peers: addressOf(a), psk: 'x'.repeat(32), joinTimeoutMs: 500 });
  await expect(joining).rejects.toThrow(`${addressOf(a)}: refused: the key`);
});

test('without joinTimeoutMs a start waits for nobody', async () => {
  const bus = await within(5000, buses.node({ peers: '127.0.0.1:1' }, SOON));
  bus.ingestRaw('one');
  expect(await within(5000, bus.flush())).toMatchObject({ dispatched: 1 });
});

test('a port in use is named in the error, and the store is given back', async () => {
  const a = await buses.node({ listen: 0 });
  const store = memory();
  const listening = buses.node({ listen: addressOf(a), store });
  await expect(listening).rejects.toMatchObject({ kind: 'Connection' });
  const port = addressOf(a).split(':')[1];
  await expect(listening).rejects.toThrow(`cannot listen on ${addressOf(a)}: port ${port} is in use`);
  await buses.node({ listen: 0, store });
});

test('a node of another mesh is refused, and both sides say why', async () => {
  const a = await buses.node({ listen: 0, mesh: 'orders' });
  const b = await buses.node({ peers: addressOf(a), mesh: 'invoices' });
  await within(5000, () => figuresOf(b).dials[0]?.lastError?.includes('mesh') && figuresOf(a).ended.mesh !== undefined);
  expect(figuresOf(b).dials[0]?.lastError).toContain('orders');
  expect([figuresOf(a).links, figuresOf(b).links]).toEqual([[], []]);
  await within(5000, () => findings.of(a, 'net-refused').length > 0 || findings.all(a).length > 0);
  expect(findings.all(a).map(({ message }) => message)).toEqual([expect.stringContaining('invoices')]);
});
