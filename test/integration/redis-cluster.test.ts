// A real cluster of three masters: shards on several nodes, wake-ups, a slot that moves, and a node that goes away.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { slotOf } from '../../src/adapters/redis/slots.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, conformanceTests, Ledger, within } from '../../src/testing/index.ts';
import { NEVER, openRedis, readAll, texts } from '../support/redis-store.ts';
import { RedisCluster } from '../support/servers/redis-cluster.ts';

let cluster: RedisCluster;
let count = 0;
const signal = NEVER;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(() => cluster.stop());

const tests = conformanceTests({
  name: 'redis on a cluster',
  create: () => {
    count += 1;
    return redis(cluster.url, { prefix: `store-${count}` });
  },
  capabilities: { readable: true, durable: true, deduplicates: true, releasesBatches: true },
  methods: ['seek', 'prepareShard', 'listShards', 'watch', 'isHealthy'],
  reopens: true,
});
for (const each of tests) test(each.name, each.run);

test('a bus over the whole cluster is complete, and its shards lie on several nodes', async () => {
  const bus = await EventBus.create({
    shards: 8,
    backpressure: 'block',
    adapter: redis(cluster.url, { prefix: 'wide' }),
  });
  const ledger = new Ledger();
  const seen: string[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const event of bus.subscribe({ signal: stop.signal })) seen.push(event.id);
  })();
  for (let nth = 0; nth < 2000; nth += 1) await bus.ingestRaw(ledger.make());
  await bus.flush();
  await within(10_000, () => seen.length === 2000);
  stop.abort();
  await reading;
  for (const event of (await bus.poll({ limit: 5000 })).events) ledger.see(event);
  ledger.assertComplete();
  await bus.shutdown();
  const sizes = await Promise.all([0, 1, 2].map((nth) => cluster.command(nth, ['DBSIZE'])));
  for (const size of sizes) expect(Number(size)).toBeGreaterThan(0);
});

test('a slot that moves to another node while the adapter is open is followed', async () => {
  const { adapter } = await openRedis(cluster.url, { prefix: 'moving' });
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(maker.batch(0, ['one']), { signal });
  const slot = slotOf('moving:0');
  const from = Math.floor(slot / Math.ceil(16_384 / 3));
  await move(slot, from, (from + 1) % 3);
  // A read is done again at once; a batch is Transient, and its repetition finds the node.
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  await adapter.onBatch(maker.batch(0, ['two']), { signal });
  await move(slot, (from + 1) % 3, from);
  const batch = maker.batch(0, ['three']);
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Transient' });
  await adapter.onBatch(batch, { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one', 'two', 'three']);
  await adapter.shutdown({ signal });
});

test('a node of a cluster is refused without the option, and a single server with it', async () => {
  const [node] = cluster.servers;
  await expect(openRedis(node?.url as string)).rejects.toMatchObject({ kind: 'Connection', message: /set cluster/ });
});

test('C5 with one node gone the shards of the others are served', async () => {
  const bus = await EventBus.create({
    shards: 8,
    adapter: redis(cluster.url, { prefix: 'partly', replyTimeoutMs: 500 }),
  });
  for (let nth = 0; nth < 200; nth += 1) bus.ingestRaw(`${nth}`);
  await bus.flush();
  await cluster.servers[2]?.kill();
  const page = await bus.poll({ limit: 1000 });
  expect(page.failedShards.length).toBeGreaterThan(0);
  expect(page.events.length).toBeGreaterThan(0);
  await bus.shutdown();
});

/** Moves a slot with its keys, as a resharding does. */
async function move(slot: number, from: number, to: number): Promise<void> {
  const id = async (nth: number): Promise<string> => String(await cluster.command(nth, ['CLUSTER', 'MYID']));
  const [source, target] = [await id(from), await id(to)];
  const text = String(slot);
  await cluster.command(to, ['CLUSTER', 'SETSLOT', text, 'IMPORTING', source]);
  await cluster.command(from, ['CLUSTER', 'SETSLOT', text, 'MIGRATING', target]);
  const keys = (await cluster.command(from, ['CLUSTER', 'GETKEYSINSLOT', text, '100'])) as string[];
  const port = String(cluster.servers[to]?.port);
  await cluster.command(from, ['MIGRATE', '127.0.0.1', port, '', '0', '5000', 'KEYS', ...keys]);
  for (const nth of [to, from, 3 - to - from]) await cluster.command(nth, ['CLUSTER', 'SETSLOT', text, 'NODE', target]);
}
