// The server has stored a batch and its acknowledgements are lost: the repetition is read back and not sent again, also
// when the server has forgotten the ids of the messages. A plain subscriber counts what is published.
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

let server: NatsServer;
let proxy: TcpProxy;
let observer: NatsConnection;
let published: Map<string, number>;
let count = 0;

beforeAll(async () => {
  server = await NatsServer.start();
  proxy = await TcpProxy.start(server.port);
  observer = await connect({ servers: server.url });
});

afterEach(() => proxy.refuse(false));

afterAll(async () => {
  await observer.close();
  await proxy.stop();
  await server.dispose();
});

const isPublish = (chunk: Buffer): boolean => chunk.includes('HPUB ');
const isAck = (chunk: Buffer): boolean => chunk.includes('"seq":');

async function open(options: JetStreamOptions): Promise<{ bus: EventBus; prefix: string }> {
  count += 1;
  const prefix = `reply-${count}`;
  published = new Map();
  const seen = published;
  observer.subscribe(`${prefix}.*.*`, {
    callback: (_, message) => {
      const id = message.headers?.get('Nats-Msg-Id') ?? '';
      seen.set(id, (seen.get(id) ?? 0) + 1);
    },
  });
  await observer.flush();
  const adapter = jetstream(`nats://127.0.0.1:${proxy.port}`, { prefix, ...options });
  const bus = await EventBus.create({ adapter, shards: 1, adapterTimeoutMs: 2000, retry: { maxDelayMs: 100 } });
  return { bus, prefix };
}

/** All numbers that are stored, in stored order. */
async function stored(bus: EventBus): Promise<number[]> {
  const page = await bus.poll({ limit: 10_000 });
  return page.events.map((event) => event.json<{ n: number }>().n);
}

const NUMBERS = Array.from({ length: 300 }, (_, n) => n);

for (const packing of ['event', 'batch'] as const) {
  for (const after of ['cut', 'silence'] as const) {
    test(`D2 acknowledgements that are lost by ${after} are read back, packing ${packing}`, async () => {
      const { bus } = await open({ packing });
      bus.ingest({ n: -1 });
      await bus.flush();
      const lost = proxy.loseReply({ request: isPublish, reply: isAck, after });
      for (const n of NUMBERS) bus.ingest({ n });
      const flushed = bus.flush();
      expect((await within(10_000, lost)).reply.includes('"seq":')).toBe(true);
      expect(await within(20_000, flushed)).toMatchObject({ dispatched: 300 });
      expect(await stored(bus)).toEqual([-1, ...NUMBERS]);
      await observer.flush();
      expect([...published.values()].filter((times) => times !== 1)).toEqual([]);
      await bus.shutdown();
    });
  }

  test(`D2 an outage longer than the server knows ids repeats nothing, packing ${packing}`, async () => {
    const { bus, prefix } = await open({ packing, duplicateWindowMs: 1000 });
    bus.ingest({ n: -1 });
    await bus.flush();
    const lost = proxy.loseReply({ request: isPublish, reply: isAck });
    for (const n of NUMBERS) bus.ingest({ n });
    await within(10_000, lost);
    proxy.refuse(true);
    proxy.cut();
    const id = await within(5000, () => [...published.keys()][1]);
    await within(20_000, forgotten(`${prefix}-probe`, String(id)));
    proxy.refuse(false);
    expect(await within(20_000, bus.flush())).toMatchObject({ dropped: {} });
    expect(await stored(bus)).toEqual([-1, ...NUMBERS]);
    expect([...published.values()].filter((times) => times !== 1)).toEqual([]);
    await bus.shutdown();
  });
}

/** Resolves when a stream with the same window, written now, has forgotten the id: then the other one has, too. */
async function forgotten(name: string, id: string): Promise<void> {
  const request = async (subject: string, body: unknown): Promise<Record<string, unknown>> =>
    (await observer.request(subject, JSON.stringify(body))).json();
  const config = { name, subjects: [`${name}.x`], storage: 'memory', num_replicas: 1, duplicate_window: 1e9 };
  await request(`$JS.API.STREAM.CREATE.${name}`, config);
  const headers = { encode: () => Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`) };
  const publish = async (): Promise<Record<string, unknown>> =>
    (await observer.request(`${name}.x`, '', { timeout: 2000, headers: headers as never })).json();
  await publish();
  while ((await publish()).duplicate === true);
}
