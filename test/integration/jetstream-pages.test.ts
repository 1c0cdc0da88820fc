// A long shard in many pages: each event once, and by one consumer. nats-server 2.10 and later tell when the messages that
// were asked for have come, which earlier ones do not.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BatchMaker } from '../../src/testing/index.ts';
import { NEVER, openJetStream, PRODUCER, readAll, texts } from '../support/jetstream-store.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

const EVENTS = Array.from({ length: 1500 }, (_, nth) => String(nth));
let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start();
  const { adapter, close } = await openJetStream(server.url);
  const maker = new BatchMaker({ producer: PRODUCER });
  for (let nth = 0; nth < EVENTS.length; nth += 100) {
    await adapter.onBatch(maker.batch(0, EVENTS.slice(nth, nth + 100)), { signal: NEVER });
  }
  await close();
});
afterAll(() => server.dispose());

test('C1 page by page a reader gets each event once, and the server makes one consumer for it', async () => {
  const { adapter, close } = await openJetStream(server.url);
  expect(texts((await readAll(adapter, 0, { limit: 100 })).records)).toEqual(EVENTS);
  const nats = await connect({ servers: server.url });
  const manager = await jetstreamManager(nats);
  const [stream] = await manager.streams.names().next();
  const consumers = await manager.consumers.list(stream as string).next();
  expect(consumers.map(({ delivered }) => delivered.consumer_seq)).toEqual([EVENTS.length]);
  await nats.close();
  await close();
});

test('C1 a reader that is made anew for each page goes on exactly behind the last one', async () => {
  const seen: string[] = [];
  for (let after: string | undefined; seen.length < EVENTS.length; ) {
    const { adapter, close } = await openJetStream(server.url);
    const page = await adapter.pollShard(0, { after, limit: 170, maxBytes: 1e9, signal: NEVER });
    expect(page.gap).toBeUndefined();
    seen.push(...texts(page.records));
    after = page.next;
    await close();
  }
  expect(seen).toEqual(EVENTS);
});
