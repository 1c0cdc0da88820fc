// Field case 46: a message above the server's limit must not reach it, or the connection ends and its neighbours with it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

const LIMIT = 65_536;
const LOWERED = 32_768;
const PACKINGS = ['event', 'batch'] as const;

let server: NatsServer;
let proxy: TcpProxy;

beforeEach(async () => {
  server = await NatsServer.start({ config: `max_payload: ${LIMIT}` });
  proxy = await TcpProxy.start(server.port);
});
afterEach(async () => {
  await proxy.stop();
  await server.dispose();
});

/** A bus whose connections, for writing and for reading, are open. */
async function openBus(packing: 'event' | 'batch'): Promise<EventBus<unknown, 'block'>> {
  const adapter = jetstream(`nats://127.0.0.1:${proxy.port}`, { packing });
  const bus = await EventBus.create({ adapter, shards: 1, backpressure: 'block', batch: { maxEvents: 512 } });
  await bus.poll({ limit: 1 });
  return bus;
}

async function stored(bus: EventBus<unknown, 'block'>): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of bus.subscribe({ from: 'earliest', signal: AbortSignal.timeout(20_000) })) {
    texts.push(event.text());
    if (event.text() === 'end') return texts;
  }
  return texts;
}

async function feed(bus: EventBus<unknown, 'block'>, from: number, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, nth) => `small ${from + nth}`);
  for (const each of texts) await bus.ingestRaw(each);
  return texts;
}

test.each(PACKINGS)(
  'case 46 an event of 100 KB is refused with size and limit, and its 2,000 neighbours are stored, packing %s',
  async (packing) => {
    const bus = await openBus(packing);
    const before = await feed(bus, 0, 1000);
    const connections = proxy.accepted;
    await expect(bus.ingestRaw(new Uint8Array(102_400))).rejects.toMatchObject({
      kind: 'TooLarge',
      message: expect.stringMatching(/102400 bytes.*at most 49152/),
    });
    expect(bus.tryIngestRaw('€'.repeat(34_134))).toBe('too-large');
    const after = await feed(bus, 1000, 1000);
    await bus.ingestRaw('end');
    await bus.flush();
    expect(proxy.accepted).toBe(connections);
    expect(await stored(bus)).toEqual([...before, ...after, 'end']);
    expect(await bus.shutdown()).toMatchObject({ eventsIngested: 2001, eventsDispatched: 2001, eventsDropped: 0 });
    expect(server.log).not.toMatch(/maximum payload/i);
  },
);

test.each(PACKINGS)(
  'case 46 payloads around the limit, with long keys and headers, are stored or counted, packing %s',
  async (packing) => {
    const bus = await openBus(packing);
    const refusal: unknown = await bus.ingestRaw(new Uint8Array(LIMIT)).catch((error: unknown) => error);
    const most = Number(/at most (\d+)/.exec(String(refusal))?.[1]);
    const connections = proxy.accepted;
    const wanted: string[] = [];
    for (let bytes = LIMIT - 200; bytes <= LIMIT + 200; bytes += 25) {
      expect(bus.tryIngestRaw(new Uint8Array(bytes))).toBe('too-large');
    }
    for (let bytes = most - 200; bytes <= most; bytes += 25) {
      const text = 'x'.repeat(bytes);
      await bus.ingestRaw(text, { key: 'k'.repeat(6000), headers: { a: 'ü€'.repeat(700), b: 'v'.repeat(2000) } });
      wanted.push(text);
    }
    await bus.ingestRaw('end');
    await bus.flush();
    expect(await stored(bus)).toEqual([...wanted, 'end']);
    await bus.ingestRaw('x'.repeat(most), { key: 'k'.repeat(60_000) });
    await expect(bus.flush()).rejects.toMatchObject({ counts: { dropped: { 'adapter-rejected': 1 } } });
    expect(proxy.accepted).toBe(connections);
    await bus.shutdown();
    expect(server.log).not.toMatch(/maximum payload/i);
  },
);

test.each(PACKINGS)('case 46 a limit that a restart has lowered is respected, packing %s', async (packing) => {
  const bus = await openBus(packing);
  const before = await feed(bus, 0, 1000);
  await bus.flush();
  await server.stop();
  await server.up({ config: `max_payload: ${LOWERED}` });
  const after = await feed(bus, 1000, 1000);
  await bus.flush();
  await bus.ingestRaw('y'.repeat(40_000));
  await expect(bus.flush()).rejects.toMatchObject({ counts: { dropped: { 'adapter-rejected': 1 } } });
  const fits = 'z'.repeat(30_000);
  await bus.ingestRaw(fits);
  await bus.ingestRaw('end');
  await bus.flush();
  expect(await stored(bus)).toEqual([...before, ...after, fits, 'end']);
  const account = await bus.shutdown();
  expect(account).toMatchObject({ eventsIngested: 2003, eventsDispatched: 2002, eventsDropped: 1 });
  expect(server.log).not.toMatch(/maximum payload/i);
});
