// The stream of a prefix: made with its bounds, adopted when it suits, refused with what differs, made again after a loss.
import { type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, within } from '../../src/testing/index.ts';
import { NEVER, openJetStream, readAll, texts } from '../support/jetstream-store.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

let server: NatsServer;
let nats: NatsConnection;
let manager: JetStreamManager;
let count = 0;

beforeAll(async () => {
  server = await NatsServer.start();
  nats = await connect({ servers: server.url });
  manager = await jetstreamManager(nats);
});

afterAll(async () => {
  await nats.close();
  await server.dispose();
});

function freshPrefix(): string {
  count += 1;
  return `stream-${count}`;
}

async function made(options: JetStreamOptions): Promise<StreamConfig> {
  const prefix = freshPrefix();
  const { close } = await openJetStream(server.url, { prefix, ...options });
  await close();
  return (await manager.streams.info(prefix)).config;
}

test.each<[JetStreamOptions, Partial<StreamConfig>]>([
  [{}, { storage: 'file', max_bytes: -1, max_msgs: -1, max_age: 0, num_replicas: 1, duplicate_window: 120e9 }],
  [{ storage: 'memory' }, { storage: 'memory' }],
  [{ maxBytes: 1_000_000 }, { max_bytes: 1_000_000 }],
  [{ maxMessages: 500 }, { max_msgs: 500 }],
  [{ maxAgeMs: 60_000 }, { max_age: 60e9, duplicate_window: 60e9 }],
  [{ maxAgeMs: 3_600_000 }, { max_age: 3600e9, duplicate_window: 120e9 }],
  [{ duplicateWindowMs: 5000 }, { duplicate_window: 5e9 }],
  [{ replicas: 1 }, { num_replicas: 1 }],
])('a stream is made with %o', async (options, config) => {
  const has = await made(options);
  expect(has).toMatchObject({ ...config, retention: 'limits', discard: 'old' });
  expect(has.subjects).toEqual([`${has.name}.*.*`]);
});

test('more replicas than there are servers are refused, and nothing is made', async () => {
  const prefix = freshPrefix();
  await expect(openJetStream(server.url, { prefix, replicas: 3 })).rejects.toMatchObject({ name: 'AdapterError' });
  await expect(manager.streams.info(prefix)).rejects.toThrow('stream not found');
});

test('a missing stream is not made when it is not to be', async () => {
  const prefix = freshPrefix();
  await expect(openJetStream(server.url, { prefix, create: false })).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining(`no stream "${prefix}"`),
  });
  await expect(manager.streams.info(prefix)).rejects.toThrow('stream not found');
});

test('a stream that suits is adopted with what it has, also one of other subjects that cover', async () => {
  const prefix = freshPrefix();
  await manager.streams.add({ name: prefix, subjects: [`${prefix}.>`], max_msgs: 77, max_age: 1e12, discard: 'new' });
  const { adapter, close } = await openJetStream(server.url, { prefix });
  await adapter.onBatch(new BatchMaker().batch(0, ['one']), { signal: NEVER });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  expect((await manager.streams.info(prefix)).config).toMatchObject({ max_msgs: 77, discard: 'new' });
  await close();
});

test.each<[Partial<StreamConfig>, JetStreamOptions, string]>([
  [{ subjects: ['elsewhere.*'] }, {}, 'its subjects are ["elsewhere.*"]'],
  [{ retention: 'workqueue' }, {}, 'its retention is workqueue, not limits'],
  [{ max_msgs_per_subject: 1 }, {}, 'its max_msgs_per_subject is 1, not -1'],
  [{ no_ack: true }, {}, 'no_ack'],
  [{ storage: 'memory' }, { storage: 'file' }, 'its storage is memory, not file'],
  [{ max_bytes: 5000 }, { maxBytes: 6000 }, 'its max_bytes is 5000, not 6000'],
  [{ max_msgs: 10 }, { maxMessages: 20 }, 'its max_msgs is 10, not 20'],
  [{ max_age: 1e12 }, { maxAgeMs: 5000 }, 'its max_age is 1000000000000, not 5000000000'],
  [{}, { duplicateWindowMs: 3000 }, 'its duplicate_window is 120000000000, not 3000000000'],
])('a stream with %o is refused for %o, with what differs', async (config, options, text) => {
  const prefix = freshPrefix();
  await manager.streams.add({ name: prefix, subjects: [`${prefix}.*.*`], ...config });
  const refusal = { kind: 'Connection', message: expect.stringContaining(text) };
  await expect(openJetStream(server.url, { prefix, ...options })).rejects.toMatchObject(refusal);
  await manager.streams.delete(prefix);
});

test('C2 a stream that was deleted and made again is another store, whose cursors are told apart', async () => {
  const prefix = freshPrefix();
  const create = () => EventBus.create({ adapter: jetstream(server.url, { prefix }), shards: 1 });
  const first = await create();
  first.ingest({ n: 1 });
  await first.flush();
  const { cursor } = await first.poll({ limit: 1 });
  await first.shutdown();
  const again = await create();
  expect((await again.poll({ limit: 1, from: cursor })).events).toEqual([]);
  await again.shutdown();
  await manager.streams.delete(prefix);
  const other = await create();
  other.ingest({ n: 2 });
  await other.flush();
  await expect(other.poll({ limit: 1, from: cursor })).rejects.toMatchObject({ kind: 'InvalidCursor' });
  await other.shutdown();
});

test('a stream that is deleted under a running bus is made again, and its old positions are refused', async () => {
  const prefix = freshPrefix();
  const { adapter, close } = await openJetStream(server.url, { prefix });
  const maker = new BatchMaker();
  await adapter.onBatch(maker.batch(0, ['before']), { signal: NEVER });
  const { next } = await readAll(adapter);
  await manager.streams.delete(prefix);
  const batch = maker.batch(0, ['after']);
  await within(
    20_000,
    (async (): Promise<void> => {
      for (;;) {
        try {
          await adapter.onBatch(batch, { signal: NEVER });
          return;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'Transient' });
        }
      }
    })(),
  );
  expect(texts((await readAll(adapter)).records)).toEqual(['after']);
  await expect(readAll(adapter, 0, { after: next })).rejects.toMatchObject({ name: 'PositionError' });
  await close();
});
