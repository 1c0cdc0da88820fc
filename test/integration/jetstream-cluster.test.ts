// A cluster of three servers: streams of three replicas, servers that are passed over, and a subscription whose server dies.
import type { StreamConfig } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { openJetStream } from '../support/jetstream-store.ts';
import { freePort } from '../support/servers/free-port.ts';
import { NatsCluster } from '../support/servers/nats-cluster.ts';
import type { NatsServer } from '../support/servers/nats-server.ts';

const RETRY = { baseDelayMs: 5, maxDelayMs: 50 };

let cluster: NatsCluster;
let count = 0;

beforeAll(async () => {
  cluster = await NatsCluster.start();
});
afterAll(() => cluster.dispose());

function freshPrefix(): string {
  count += 1;
  return `cluster-${count}`;
}

test.each(['event', 'batch'] as const)(
  'a stream of three replicas is made, and gives back what it took, packing %s',
  async (packing) => {
    const prefix = freshPrefix();
    const adapter = jetstream(cluster.urls, { prefix, packing, replicas: 3 });
    const bus = await EventBus.create({ adapter, shards: 2, retry: RETRY });
    for (let n = 0; n < 100; n += 1) bus.ingestRaw(String(n), { key: 'one' });
    await bus.flush();
    const { config, cluster: peers } = await cluster.ask((manager) => manager.streams.info(prefix));
    expect([config.num_replicas, peers?.replicas?.length]).toEqual([3, 2]);
    const { events } = await bus.poll({ limit: 1000 });
    expect(events.map((event) => event.text())).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
    await bus.shutdown();
  },
);

test.each<[Partial<StreamConfig>, JetStreamOptions, string]>([
  [{ num_replicas: 1 }, { replicas: 3 }, 'its num_replicas is 1, not 3'],
  [{ num_replicas: 3 }, { replicas: 1 }, 'its num_replicas is 3, not 1'],
])('a stream with %o is refused for %o, with what differs', async (config, options, text) => {
  const prefix = freshPrefix();
  await cluster.ask((manager) => manager.streams.add({ name: prefix, subjects: [`${prefix}.*.*`], ...config }));
  const refusal = { kind: 'Connection', message: expect.stringContaining(text) };
  await expect(openJetStream(cluster.urls, { prefix, ...options })).rejects.toMatchObject(refusal);
  const { close } = await openJetStream(cluster.urls, { prefix });
  await close();
});

test('a server that has lost its cluster is passed over for the next one', async () => {
  const prefix = freshPrefix();
  const options = { prefix, replicas: 3 };
  const { close } = await openJetStream(cluster.urls, options);
  await close();
  const [lost] = cluster.servers as [NatsServer];
  await cluster.isolate(lost, await freePort());
  await cluster.leaderOf(prefix);
  const bus = await EventBus.create({ adapter: jetstream(cluster.urls, options), retry: RETRY });
  bus.ingestRaw('one');
  await bus.flush();
  expect((await bus.poll({ limit: 10 })).events.map((event) => event.text())).toEqual(['one']);
  await bus.shutdown();
  await cluster.restart(lost);
});

test('a subscription goes on when the server that was to tell of the next event is killed', async () => {
  const prefix = freshPrefix();
  const shards = 4;
  const adapter = jetstream(cluster.urls, { prefix, replicas: 3 });
  const bus = await EventBus.create({ adapter, shards, retry: RETRY });
  const seen: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const event of bus.subscribe({ signal: controller.signal })) seen.push(event.text());
  })();
  const keys = Array.from({ length: 40 }, (_, nth) => `key-${nth}`);
  for (const key of keys) bus.ingestRaw(`before-${key}`, { key });
  await within(10_000, () => seen.length === keys.length);
  const victim = await cluster.consumerHost(prefix, cluster.servers[0] as NatsServer);
  await victim.kill();
  for (const key of keys) bus.ingestRaw(`after-${key}`, { key });
  await within(40_000, () => seen.length === 2 * keys.length);
  expect(new Set(seen).size).toBe(2 * keys.length);
  controller.abort();
  await reading.catch(() => undefined); // It ends by the signal.
  await bus.shutdown();
  await cluster.restart(victim);
});
