// What lies in the stream: messages that any NATS client reads, of both packings, beside messages of other programs.

import { jetstream as client, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { keepWrites } from '../../src/adapters/jetstream/kept-writes.ts';
import { EventBus, type StoredEvent } from '../../src/index.ts';
import { BatchMaker, seededRandom } from '../../src/testing/index.ts';
import { NEVER, openJetStream, PRODUCER, readAll, texts } from '../support/jetstream-store.ts';
import { seedOf } from '../support/seed.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

let server: NatsServer;
let nats: NatsConnection;

beforeAll(async () => {
  server = await NatsServer.start();
  nats = await connect({ servers: server.url });
});

afterAll(async () => {
  await nats.close();
  await server.dispose();
});

/** The messages of a stream as the official client reads them. */
async function messagesOf(stream: string) {
  const manager = await jetstreamManager(nats);
  const { state } = await manager.streams.info(stream);
  const found = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1)
    found.push(await manager.streams.getMessage(stream, { seq }));
  return found.filter((each) => each !== null);
}

test('a message per event has the payload as its data and all else in headers', async () => {
  const bus = await EventBus.create({ adapter: jetstream(server.url, { prefix: 'plain' }), shards: 1 });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  bus.ingestRaw(new Uint8Array([0, 255, 13, 10, 7]), { key: 'session 4', headers: { traceparent } });
  await bus.flush();
  const [event] = (await bus.poll({ limit: 1 })).events as [StoredEvent];
  const [message] = await messagesOf('plain');
  expect(message?.subject).toBe(`plain.0.${event.producer}`);
  expect([...(message?.data ?? [])]).toEqual([0, 255, 13, 10, 7]);
  expect(message?.header.get('Nats-Msg-Id')).toBe(event.id);
  expect(message?.header.get('Mb-Time')).toBe(String(event.timestampNs));
  expect(message?.header.get('Mb-Key')).toBe('session 4');
  expect(message?.header.get('traceparent')).toBe(traceparent);
  await bus.shutdown();
});

test('a batch in one message is a frame, named by its first and last event', async () => {
  const { adapter, close } = await openJetStream(server.url, { prefix: 'framed', packing: 'batch' });
  const batch = new BatchMaker({ producer: PRODUCER }).batch(3, ['a', 'b', 'c']);
  await adapter.onBatch(batch, { signal: NEVER });
  const [message, ...more] = await messagesOf('framed');
  expect(more).toEqual([]);
  expect(message?.subject).toBe(`framed.3.${PRODUCER}`);
  expect(message?.header.get('Nats-Msg-Id')).toBe(`${PRODUCER}/3/0-2`);
  expect(Buffer.from(message?.data ?? []).equals(batch.frame)).toBe(true);
  await close();
});

test('poll reads both packings, mixed', async () => {
  const makers = ['1', '2', '3'].map((n) => new BatchMaker({ producer: `0${n}` }));
  const event = await openJetStream(server.url, { prefix: 'mixed', packing: 'event' });
  const batch = await openJetStream(server.url, { prefix: 'mixed', packing: 'batch' });
  const expected: string[] = [];
  for (let nth = 0; nth < 12; nth += 1) {
    const payloads = [`${nth}-a`, `${nth}-b`, `${nth}-c`];
    const made = (makers[nth % 3] as BatchMaker).batch(0, payloads);
    await (nth % 3 === 1 ? batch : event).adapter.onBatch(made, { signal: NEVER });
    expected.push(...payloads);
  }
  for (const limit of [1, 2, 5, 100])
    expect(texts((await readAll(event.adapter, 0, { limit })).records)).toEqual(expected);
  for (const { close } of [event, batch]) await close();
});

test('I2 any key and headers come back, with any payload beside them', async () => {
  const random = seededRandom(seedOf('keys and headers'));
  const odd = [
    '',
    ' ',
    'a',
    ' lead',
    'trail ',
    'a:b',
    '%41',
    '%',
    '\r\nNats-Rollup: all',
    'ü鍵🔑',
    '\u0000',
    '__proto__',
    'Nats-Msg-Id',
    'mb-key',
    'x'.repeat(9000),
  ];
  const pick = (): string => odd[Math.floor(random() * odd.length)] as string;
  const { adapter, close } = await openJetStream(server.url, { prefix: 'odd' });
  const maker = new BatchMaker({ producer: PRODUCER });
  const events = Array.from({ length: 400 }, (_, nth) => ({
    bytes: pick(),
    ...(random() < 0.7 ? { key: pick() } : {}),
    headers: Object.fromEntries(Array.from({ length: nth % 4 }, () => [pick(), pick()])),
    hash: BigInt(Math.floor(random() * 2 ** 50)) << 13n,
  }));
  await adapter.onBatch(maker.batch(0, events), { signal: NEVER });
  const { records } = await readAll(adapter);
  const plain = records.map(({ bytes, hash, headers: has, key }) => ({
    bytes: Buffer.from(bytes).toString(),
    ...(key === undefined ? {} : { key }),
    headers: { ...has },
    hash,
  }));
  expect(plain).toEqual(events.map((each) => ({ ...each, headers: { ...each.headers } })));
  await close();
});

test('a message of another program is skipped and told, and holds up nothing', async () => {
  const { adapter, close, findings } = await openJetStream(server.url, { prefix: 'foreign' });
  const maker = new BatchMaker({ producer: PRODUCER });
  await adapter.onBatch(maker.batch(0, ['one']), { signal: NEVER });
  const js = client(nats);
  await js.publish('foreign.0.stranger', 'no event');
  const broken = headers();
  broken.set('Nats-Msg-Id', 'stranger/0/0-4');
  await js.publish('foreign.0.stranger', 'no frame', { headers: broken });
  expect(await adapter.tail(0, { signal: NEVER })).toMatch(/^3-/);
  await adapter.onBatch(maker.batch(0, ['two']), { signal: NEVER });
  expect(texts((await readAll(adapter, 0, { limit: 1 })).records)).toEqual(['one', 'two']);
  expect(findings.filter(({ kind }) => kind === 'unreadable-message')).toHaveLength(2);
  expect(await adapter.listShards?.()).toMatchObject([{ shard: 0, sealed: false }]);
  await close();
});

test('headers that another program has put in another order are read all the same', async () => {
  const { adapter, close } = await openJetStream(server.url, { prefix: 'order' });
  const lines = [
    'Mb-Key: k',
    'Mb-Hash: 00000000000000ff',
    'Mb-Time: 18446744073709551615',
    'a: b',
    `Nats-Msg-Id: ${PRODUCER}/0/7`,
  ];
  const encode = (): Uint8Array => Buffer.from(`NATS/1.0\r\n${lines.join('\r\n')}\r\n\r\n`);
  await nats.request(`order.0.${PRODUCER}`, 'text', { timeout: 2000, headers: { encode } as never });
  const [record] = (await readAll(adapter)).records;
  expect(record).toMatchObject({ sequence: 7, key: 'k', headers: { a: 'b' }, hash: 255n, timestampNs: 2n ** 64n - 1n });
  await close();
});

test('the installed client joins its writes in memory that is used again, and every byte arrives', async () => {
  const own = await connect({ servers: server.url });
  expect(keepWrites(own)).toBe(true);
  const payloads = Array.from({ length: 300 }, (_, nth) => Buffer.alloc(1 + ((nth * 997) % 60_000), nth));
  const subscription = own.subscribe('kept.*', { max: payloads.length });
  for (const [nth, payload] of payloads.entries()) {
    own.publish(`kept.${nth}`, payload);
    if (nth % 7 === 0) await own.flush();
  }
  const arrived = [];
  for await (const { data } of subscription) arrived.push(Buffer.from(data));
  expect(arrived.every((each, nth) => each.equals(payloads[nth] as Buffer))).toBe(true);
  expect(arrived).toHaveLength(payloads.length);
  await own.close();
});
