// Clocks of a mesh (T1): what comes in time lifts the clock of a node, what lies too far ahead is told and lifts nothing,
// neither on receipt, nor when it is read, nor when the node starts again over what it has stored.
import { afterEach, expect, test } from 'vitest';
import type { EventBus } from '../../../../src/index.ts';
import { memory } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { type Environment, systemEnvironment } from '../../../../src/util/environment.ts';
import { Findings } from '../../../support/net/findings.ts';
import { addressOf, eventsOf, figuresOf, MeshBuses, untilEvents } from '../../../support/net/mesh-buses.ts';

const HOUR_MS = 3_600_000;
const ONE = { shards: 1 } as const;
const buses = new MeshBuses();
const findings = new Findings();

afterEach(async () => {
  await buses.close();
  findings.clear();
});

/** The environment of the process, whose wall clock is so far ahead. */
function ahead(ms: number): Environment {
  const system = systemEnvironment();
  return { ...system, wallMs: () => system.wallMs() + ms };
}

/** The stamp of an event that is ingested now, milliseconds ahead of the wall clock. */
async function aheadOf(bus: EventBus): Promise<number> {
  bus.ingestRaw('now');
  await bus.flush();
  const events = await eventsOf(bus);
  const own = events.filter(({ producer }) => producer === figuresOf(bus).nodeId);
  return Number(own.at(-1)?.timestampNs) / 1e6 - Date.now();
}

test('T1 a node an hour ahead is reported by the others, also over a relay, and their stamps stay sane', async () => {
  const a = await buses.node({ listen: 0 }, ONE);
  const b = await buses.node({ peers: addressOf(a) }, ONE);
  const wrong = await buses.node({ peers: addressOf(a) }, ONE, { environment: ahead(HOUR_MS) });
  wrong.ingestRaw('from the future');
  await wrong.flush();
  for (const bus of [a, b]) {
    const [event] = await untilEvents(bus, 1);
    expect(event?.text()).toBe('from the future');
    expect(Number(event?.timestampNs) / 1e6 - Date.now()).toBeGreaterThan(HOUR_MS - 60_000);
    await within(5000, () => findings.of(bus, 'clock-ahead').length > 0);
    const [told] = findings.of(bus, 'clock-ahead');
    expect(told?.message).toContain(figuresOf(wrong).nodeId);
    expect(Number(/(\d+) ms ahead/.exec(told?.message ?? '')?.[1])).toBeGreaterThan(HOUR_MS - 60_000);
    expect(Math.abs(await aheadOf(bus))).toBeLessThan(60_000);
  }
});

test('T1 it is told once for each peer, however many events come', async () => {
  const a = await buses.node({ listen: 0 }, ONE);
  const wrong = await buses.node({ peers: addressOf(a) }, ONE, { environment: ahead(HOUR_MS) });
  for (let nth = 0; nth < 20; nth += 1) {
    wrong.ingestRaw(`event ${nth}`);
    await wrong.flush();
  }
  await within(5000, () => figuresOf(wrong).links[0]?.lagEvents === 0);
  expect(findings.of(a, 'clock-ahead')).toHaveLength(1);
});

test('T1 a restart over the events of a node an hour ahead starts by its own clock, and says so', async () => {
  const store = memory();
  const a = await buses.node({ listen: 0, store }, ONE);
  const wrong = await buses.node({ peers: addressOf(a) }, ONE, { environment: ahead(HOUR_MS) });
  a.ingestRaw('of this node');
  wrong.ingestRaw('from the future');
  await Promise.all([a.flush(), wrong.flush()]);
  await untilEvents(a, 2);
  await Promise.all([a.shutdown(), wrong.shutdown()]);
  findings.clear();
  const again = await buses.node({ store }, ONE);
  expect(findings.of(again, 'clock-ahead')).toHaveLength(1);
  expect(findings.of(again, 'clock-ahead')[0]?.message).toContain('of other nodes');
  expect(Math.abs(await aheadOf(again))).toBeLessThan(60_000);
});

test('T1 a restart starts above what earlier starts over its store have stamped, and says when that lies ahead', async () => {
  const store = memory();
  const a = await buses.node({ store }, ONE, { environment: ahead(HOUR_MS) });
  a.ingestRaw('while the clock was wrong');
  await a.shutdown();
  const again = await buses.node({ store }, ONE);
  expect(findings.of(again, 'clock-ahead')[0]?.message).toContain('stamps go on above it');
  expect(await aheadOf(again)).toBeGreaterThan(HOUR_MS - 60_000);
});

test('T1 an event in time lifts the clock: a reply sorts after its cause, also after a restart', async () => {
  const store = memory();
  const a = await buses.node({ listen: 0, store }, ONE);
  const b = await buses.node({ peers: addressOf(a) }, ONE, { environment: ahead(20_000) });
  b.ingestRaw('cause');
  await b.flush();
  await within(5000, () => figuresOf(b).links[0]?.lagEvents === 0);
  a.ingestRaw('reply'); // Nothing was read before: receiving it is enough.
  await a.flush();
  const read = async (bus: EventBus): Promise<string[]> =>
    (await bus.poll({ limit: 10, ordering: 'timestamp' })).events.map((event) => event.text());
  expect(await read(a)).toEqual(['cause', 'reply']);
  expect(findings.of(a, 'clock-ahead')).toEqual([]);
  await Promise.all([a.shutdown(), b.shutdown()]);
  const again = await buses.node({ store }, ONE);
  again.ingestRaw('later reply');
  await again.flush();
  expect(await read(again)).toEqual(['cause', 'reply', 'later reply']);
});
