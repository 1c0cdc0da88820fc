// Connections that break, stand still or lose an answer between the adapter and a real server.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, Ledger, within } from '../../src/testing/index.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { RedisServer } from '../support/servers/redis-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

let server: RedisServer;
let proxy: TcpProxy;
let count = 0;
const signal = NEVER;
/** A reply of the script that tells of so many events appended. */
const appended = (events: number) => (chunk: Buffer) => chunk.toString('latin1').startsWith(`*4\r\n:${events}\r\n`);
const isScript = (chunk: Buffer): boolean => chunk.includes('EVAL');

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  proxy = await TcpProxy.start(server.port);
  count += 1;
});
afterEach(() => proxy.stop());

function adapterUrl(): string {
  return `redis://127.0.0.1:${proxy.port}?prefix=connection-${count}`;
}

test.each(['event', 'batch'] as const)(
  'D2 a batch whose answer was lost is repeated and skipped, packing %s',
  async (packing) => {
    const { adapter } = await openRedis(adapterUrl(), { packing });
    const maker = new BatchMaker({ producer: 'aa-01' });
    await adapter.onBatch(maker.batch(0, ['zero']), { signal });
    const batch = maker.batch(0, ['one', 'two', 'three']);
    const losing = proxy.loseReply({ request: isScript, reply: appended(3) });
    await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Transient' });
    expect((await losing).reply.toString('latin1')).toMatch(/^\*4\r\n:3\r\n/);
    const skipping = proxy.loseReply({ request: isScript, reply: appended(0), after: 'pass' });
    await adapter.onBatch(batch, { signal });
    expect((await skipping).reply.toString('latin1')).toMatch(/^\*4\r\n:0\r\n/);
    await adapter.onBatch(maker.batch(0, ['four']), { signal });
    expect(texts((await readAll(adapter)).records)).toEqual(['zero', 'one', 'two', 'three', 'four']);
    await adapter.shutdown({ signal });
  },
);

test('D2 a time-out is an unknown outcome: the bus repeats the batch, and nothing is there twice', async () => {
  const adapter = redis(adapterUrl());
  const bus = await EventBus.create({ shards: 1, adapter, adapterTimeoutMs: 300 });
  const ledger = new Ledger();
  const losing = proxy.loseReply({ request: isScript, reply: appended(1), after: 'silence' });
  const skipping = proxy.counting(appended(0));
  bus.ingestRaw(ledger.make());
  await losing;
  for (let nth = 0; nth < 20; nth += 1) bus.ingestRaw(ledger.make());
  expect(await bus.flush()).toMatchObject({ dispatched: 21 });
  expect(skipping.seen).toBe(1);
  for (const event of (await bus.poll({ limit: 100 })).events) ledger.see(event);
  ledger.assertComplete();
  await bus.shutdown();
});

test('a connection that stands still is given up after replyTimeoutMs, and made again', async () => {
  const { adapter } = await openRedis(adapterUrl(), { replyTimeoutMs: 200, connectTimeoutMs: 200 });
  const maker = new BatchMaker({ producer: 'aa-01' });
  const batch = maker.batch(0, ['one']);
  proxy.halfOpen(true);
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({
    kind: 'Transient',
    message: expect.stringContaining('did not answer within 200 ms'),
  });
  await expect(adapter.tail(0, { signal })).rejects.toMatchObject({ kind: 'Transient' });
  proxy.halfOpen(false);
  await adapter.onBatch(batch, { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  await adapter.shutdown({ signal });
});

test('a connection that was cut while idle is made again unnoticed by reads', async () => {
  const { adapter } = await openRedis(adapterUrl());
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
  for (let nth = 0; nth < 5; nth += 1) {
    expect(texts((await readAll(adapter)).records)).toEqual(['one']);
    proxy.cut();
  }
  await adapter.shutdown({ signal });
});

test('slow connections are only slow', async () => {
  proxy.delay(20);
  const bus = await EventBus.create({ shards: 2, adapter: redis(adapterUrl()) });
  const ledger = new Ledger();
  for (let nth = 0; nth < 500; nth += 1) bus.ingestRaw(ledger.make());
  await bus.flush();
  for (const event of (await bus.poll({ limit: 1000 })).events) ledger.see(event);
  ledger.assertComplete();
  await bus.shutdown();
});

test('C8 a subscription wakes for the events of another bus, again after its connection was cut, and polls nothing while idle', async () => {
  const inner = redis(adapterUrl(), { replyTimeoutMs: 500 });
  let polls = 0;
  const create = () => {
    const adapter = inner.create();
    const pollShard = adapter.pollShard.bind(adapter);
    adapter.pollShard = (shard, query) => {
      polls += 1;
      return pollShard(shard, query);
    };
    return adapter;
  };
  const reader = await EventBus.create({ shards: 1, adapter: { kind: 'counting', create } });
  const writer = await EventBus.create({ shards: 1, adapter: redis(`${server.url}?prefix=connection-${count}`) });
  const seen: string[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const event of reader.subscribe({ signal: stop.signal })) seen.push(event.text());
  })();
  writer.ingestRaw('one');
  await within(5000, () => seen.length === 1);
  proxy.cut();
  writer.ingestRaw('two');
  await within(5000, () => seen.length === 2);
  const client = await plainClient(server.url);
  const calls = async (): Promise<number> =>
    Number(/cmdstat_xread:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]);
  const rounds = async (more: number): Promise<void> => {
    for (const begun = await calls(); (await calls()) < begun + more; );
  };
  // The connection that was made again tells of every shard once more. From then on there is nothing to tell.
  await rounds(2);
  const before = polls;
  await rounds(2);
  expect(polls).toBe(before);
  stop.abort();
  await reading;
  client.destroy();
  await Promise.all([reader.shutdown(), writer.shutdown()]);
});
