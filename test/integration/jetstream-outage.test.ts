// A server that is not there, comes late, goes for a while, or is full: errors by kind, the backpressure mode acts, and
// everything goes on without a restart of the process.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, within } from '../../src/testing/index.ts';
import { NEVER, openJetStream } from '../support/jetstream-store.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

let server: NatsServer | undefined;

afterEach(async () => {
  await server?.dispose();
  server = undefined;
});

const RETRY = { baseDelayMs: 5, maxDelayMs: 50 };

async function numbers(bus: EventBus): Promise<number[]> {
  const { events } = await bus.poll({ limit: 100_000 });
  return events.map((event) => event.json<{ n: number }>().n);
}

test('an outage is waited out: what fits the ring is stored afterwards, the rest meets the backpressure mode', async () => {
  server = await NatsServer.start();
  const adapter = jetstream(server.url);
  const bus = await EventBus.create({
    adapter,
    shards: 1,
    ringCapacity: 100,
    backpressure: 'drop-oldest',
    retry: RETRY,
  });
  bus.ingest({ n: -1 });
  await bus.flush();
  await server.kill();
  for (let n = 0; n < 1000; n += 1) {
    bus.ingest({ n });
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await within(5000, () => bus.stats.eventsDropped > 0);
  expect(bus.stats.droppedByReason.evicted).toBe(bus.stats.eventsDropped);
  await server.up();
  await within(20_000, flushed(bus));
  const stored = await numbers(bus);
  expect(stored.at(-1)).toBe(999);
  expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b));
  const account = await bus.shutdown();
  expect(account).toMatchObject({ eventsIngested: 1001, eventsDispatched: stored.length });
  expect(account.eventsDispatched + account.eventsDropped).toBe(account.eventsIngested);
});

/** Asks again while the server is away: `flush` tells of an adapter that can't be asked. */
async function flushed(bus: EventBus): Promise<void> {
  for (;;) {
    try {
      await bus.flush();
      return;
    } catch (error) {
      expect(error).toMatchObject({ kind: 'Transient' });
    }
  }
}

test('a subscription goes on where it was after the server was gone', async () => {
  server = await NatsServer.start();
  const bus = await EventBus.create({ adapter: jetstream(server.url), shards: 1, retry: RETRY });
  const seen: number[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const event of bus.subscribe({ signal: controller.signal })) seen.push(event.json<{ n: number }>().n);
  })();
  bus.ingest({ n: 0 });
  await within(10_000, () => seen.length === 1);
  await server.kill();
  bus.ingest({ n: 1 });
  await server.up();
  await within(30_000, () => seen.length === 2);
  bus.ingest({ n: 2 });
  await within(10_000, () => seen.length === 3);
  expect(seen).toEqual([0, 1, 2]);
  controller.abort();
  await reading.catch(() => undefined);
  await bus.shutdown();
});

test('a server that is absent at the start is a Connection error, and a later start succeeds', async () => {
  server = await NatsServer.start();
  await server.stop();
  const create = () => EventBus.create({ adapter: jetstream(server?.url ?? ''), shards: 1 });
  await expect(create()).rejects.toMatchObject({ kind: 'Connection', message: expect.stringContaining('127.0.0.1') });
  await server.up();
  const bus = await create();
  await bus.shutdown();
});

test('a server without JetStream is a Connection error that says so', async () => {
  server = await NatsServer.start({ plain: true });
  await expect(openJetStream(server.url)).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringMatching(/no JetStream.*nats-server -js/),
  });
});

test('something that is no NATS server is told as such', async () => {
  const { createServer } = await import('node:http');
  const http = createServer((_, answer) => answer.end('hello'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  const opening = openJetStream(`nats://127.0.0.1:${port}`, { connectTimeoutMs: 300 });
  await expect(opening).rejects.toMatchObject({ kind: 'Connection' });
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

test('a stream that is full and drops nothing is Backpressure, and takes the batch once there is room', async () => {
  server = await NatsServer.start();
  const nats = await connect({ servers: server.url });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'full', subjects: ['full.*.*'], discard: 'new', max_msgs: 5 });
  const { adapter, close } = await openJetStream(server.url, { prefix: 'full' });
  const maker = new BatchMaker();
  await adapter.onBatch(maker.batch(0, ['1', '2', '3']), { signal: NEVER });
  const batch = maker.batch(0, ['4', '5', '6', '7']);
  await expect(adapter.onBatch(batch, { signal: NEVER })).rejects.toMatchObject({ kind: 'Backpressure' });
  await manager.streams.update('full', { max_msgs: 10 });
  await adapter.onBatch(batch, { signal: NEVER });
  expect((await manager.streams.info('full')).state.messages).toBe(7);
  await close();
  await nats.close();
});

test('a connection whose other end is gone without a word is given up when a batch times out', async () => {
  server = await NatsServer.start();
  const proxy = await TcpProxy.start(server.port);
  const adapter = jetstream(`nats://127.0.0.1:${proxy.port}`);
  const bus = await EventBus.create({ adapter, shards: 1, adapterTimeoutMs: 500, retry: RETRY });
  bus.ingest({ n: 0 });
  await bus.flush();
  const before = proxy.accepted;
  proxy.halfOpen(true);
  bus.ingest({ n: 1 });
  await within(10_000, () => proxy.accepted > before);
  proxy.halfOpen(false);
  await within(20_000, flushed(bus));
  expect(await numbers(bus)).toEqual([0, 1]);
  await bus.shutdown();
  await proxy.stop();
});

test('an attempt ends with its time also while it reads back what is stored, so that its lane goes on', async () => {
  server = await NatsServer.start();
  const proxy = await TcpProxy.start(server.port);
  const { adapter, close } = await openJetStream(`nats://127.0.0.1:${proxy.port}`);
  const lost = proxy.loseReply({ request: (chunk) => chunk.includes('STREAM.MSG.GET'), after: 'silence' });
  const time = new AbortController();
  const batch = new BatchMaker().batch(0, ['x']);
  const attempt = adapter.onBatch(batch, { signal: time.signal });
  attempt.catch(() => undefined); // It is looked at below.
  await within(10_000, lost);
  time.abort(new Error('the time is up'));
  await expect(within(2000, attempt)).rejects.toMatchObject({ kind: 'Transient' });
  await within(10_000, adapter.onBatch(batch, { signal: NEVER }));
  await close();
  await proxy.stop();
});

test('an answer that names no place in the stream is no acknowledgement', async () => {
  server = await NatsServer.start();
  const nats = await connect({ servers: server.url });
  const manager = await jetstreamManager(nats);
  const { adapter, close } = await openJetStream(server.url);
  // The stream keeps silent, and another one answers what a leader may say of a message that is not yet stored.
  await manager.streams.update('meshbus', { no_ack: true });
  const early = nats.subscribe('meshbus.*.*', {
    callback: (_, message) => void message.respond('{"stream":"meshbus", "seq":0,"duplicate": true}'),
  });
  await nats.flush();
  const batch = new BatchMaker().batch(0, ['x']);
  await expect(adapter.onBatch(batch, { signal: NEVER })).rejects.toMatchObject({
    kind: 'Transient',
    message: expect.stringContaining('not yet stored'),
  });
  early.unsubscribe();
  await nats.flush();
  await manager.streams.update('meshbus', { no_ack: false });
  await adapter.onBatch(batch, { signal: NEVER });
  expect((await manager.streams.info('meshbus')).state.messages).toBe(1);
  await close();
  await nats.close();
});

test('isHealthy tells whether the servers are there', async () => {
  server = await NatsServer.start();
  const { adapter, close } = await openJetStream(server.url);
  expect(await adapter.isHealthy?.()).toBe(true);
  await server.kill();
  await expect(adapter.onBatch(new BatchMaker().batch(0, ['x']), { signal: NEVER })).rejects.toMatchObject({
    kind: 'Transient',
  });
  expect(await adapter.isHealthy?.()).toBe(false);
  await close();
});

test('a server whose storage is used up is Backpressure, and takes the batch once there is room', async () => {
  server = await NatsServer.start({ jetstream: 'max_file_store: 400KB' });
  const { adapter, close } = await openJetStream(server.url);
  const maker = new BatchMaker();
  const fill = (): Promise<void> => adapter.onBatch(maker.batch(0, ['x'.repeat(100_000)]), { signal: NEVER });
  const refusal: unknown = await (async () => {
    for (;;) await fill();
  })().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ kind: 'Backpressure' });
  const nats = await connect({ servers: server.url });
  await (await jetstreamManager(nats)).streams.purge('meshbus');
  maker.rewind(0, 1);
  await fill();
  await nats.close();
  await close();
});
