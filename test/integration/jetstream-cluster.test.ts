// A cluster of three servers: streams of three replicas, servers that have lost the others or are behind them, and a
// subscription whose server is killed.
import type { StreamConfig } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, within } from '../../src/testing/index.ts';
import { NEVER, openJetStream, readAll } from '../support/jetstream-store.ts';
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
  const open = () =>
    EventBus.create({ adapter: jetstream(cluster.urls, { prefix, replicas: 3 }), shards: 1, retry: RETRY });
  const writer = await open();
  writer.ingestRaw('0');
  await writer.flush();
  const { reader, host } = await within(30_000, followedFromElsewhere(open, prefix));
  await host.kill();
  writer.ingestRaw('1');
  await within(30_000, () => reader.seen.length === 2);
  expect(reader.seen).toEqual(['0', '1']);
  await reader.end();
  await writer.shutdown();
  await cluster.restart(host);
});

interface Follower {
  readonly seen: string[];
  end(): Promise<void>;
}

/** A subscription that has read all, whose bus is connected to one server and whose consumer lives on another. */
async function followedFromElsewhere(
  open: () => Promise<EventBus>,
  prefix: string,
): Promise<{ readonly reader: Follower; readonly host: NatsServer }> {
  for (;;) {
    const reader = await follow(await open());
    const host = await cluster.consumerHost(prefix);
    if (host !== cluster.servers[0]) return { reader, host };
    await reader.end();
  }
}

async function follow(bus: EventBus): Promise<Follower> {
  const seen: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const event of bus.subscribe({ signal: controller.signal })) seen.push(event.text());
  })();
  await within(10_000, () => seen.length > 0);
  const end = async (): Promise<void> => {
    controller.abort();
    await reading.catch(() => undefined); // It ends by the signal.
    await bus.shutdown();
  };
  return { seen, end };
}

test('F1 C5 a server that is behind its cluster ends no shard early, and nothing counts as lost for it', async () => {
  const options = { prefix: freshPrefix(), replicas: 3 };
  const writer = await openJetStream(cluster.urls, options);
  const leader = await cluster.leaderOf(options.prefix);
  const behind = cluster.servers.find((each) => each !== leader) as NatsServer;
  const shards = Array.from({ length: 16 }, (_, shard) => shard);
  const payloads = Array.from({ length: 8 }, (_, nth) => `${nth}`.padEnd(200_000));
  const maker = new BatchMaker();
  for (let turn = 1; turn <= 3; turn += 1) {
    await behind.kill();
    for (const shard of shards) await writer.adapter.onBatch(maker.batch(shard, payloads), { signal: NEVER });
    const tails = await Promise.all(shards.map((shard) => writer.adapter.tail(shard, { signal: NEVER })));
    const { adapter, close, findings } = await openJetStream(cluster.urls, options);
    await behind.up();
    // Each shard has consumers of its own, and each of those may live on the server that is behind.
    const [pages, ends] = await Promise.all([
      Promise.all(shards.map((shard) => patient(() => readAll(adapter, shard)))),
      Promise.all(shards.map((shard) => patient(() => readAll(adapter, shard, { after: tails[shard] })))),
    ]);
    expect(pages.map(({ records }) => records.length)).toEqual(shards.map(() => turn * payloads.length));
    expect(ends.map(({ records }) => records.length)).toEqual(shards.map(() => 0));
    expect([...pages, ...ends].flatMap(({ gaps }) => gaps)).toEqual([]);
    expect(findings).toEqual([]);
    await close();
  }
  await writer.close();
});

/** Reads again while the servers say that it may come right. */
async function patient<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      expect(error).toMatchObject({ kind: 'Transient' });
    }
  }
}
