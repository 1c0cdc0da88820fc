// A server that is not there at the start, goes away for a while, is full, or will not write: what the bus makes of it.
import { afterEach, expect, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { EventBus, type RedisOptions } from '../../src/index.ts';
import { BatchMaker, Ledger, within } from '../../src/testing/index.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { freePort } from '../support/servers/free-port.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';

const servers: RedisServer[] = [];
const signal = NEVER;

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(config?: Readonly<Record<string, string>>): Promise<RedisServer> {
  const server = await RedisServer.start(config);
  servers.push(server);
  return server;
}

test('a server that is absent at the start is a clear Connection error', async () => {
  const port = await freePort();
  await expect(EventBus.create({ adapter: redis(`redis://127.0.0.1:${port}`) })).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test('A2 I3 D2 a server that is gone for a while: the ring fills, the policy acts, and all that was accepted arrives', async () => {
  const server = await start(ON_DISK);
  const options = { shards: 1, ringCapacity: 100, backpressure: 'drop-newest', retry: { maxDelayMs: 50 } } as const;
  const bus = await EventBus.create({ ...options, adapter: redis(server.url) });
  const ledger = new Ledger();
  bus.ingestRaw(ledger.make());
  await bus.flush();
  await server.kill();
  for (let nth = 0; nth < 1000; nth += 1) {
    const payload = ledger.make();
    if (bus.tryIngestRaw(payload) !== 'accepted') ledger.refuse(payload);
  }
  // A ring, and the batch that is under way.
  expect(ledger.accepted).toBeLessThanOrEqual(1 + 100 + 100);
  await expect(bus.poll({ limit: 10 })).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Transient' } });
  await server.restart();
  await bus.flush();
  for (const event of (await bus.poll({ limit: 1000 })).events) ledger.see(event);
  ledger.assertComplete();
  const account = await bus.shutdown();
  expect(account).toMatchObject({ eventsDispatched: ledger.accepted, eventsDropped: 0 });
});

test('F1 a flush waits until its server is back, and rejects as Transient when its time is up', async () => {
  const server = await start(ON_DISK);
  const open = (adapterTimeoutMs: number) =>
    EventBus.create({ shards: 1, adapter: redis(server.url), adapterTimeoutMs, retry: { maxDelayMs: 50 } });
  const [patient, brief] = await Promise.all([open(60_000), open(2000)]);
  for (const bus of [patient, brief]) {
    bus.ingestRaw('one');
    await within(5000, () => bus.stats.eventsDispatched === 1);
  }
  await server.kill();
  let settled = false;
  const flushed = patient.flush().finally(() => {
    settled = true;
  });
  await expect(within(20_000, brief.flush())).rejects.toMatchObject({ kind: 'Transient' });
  expect(settled).toBe(false);
  await server.restart();
  expect(await within(20_000, flushed)).toMatchObject({ dispatched: expect.any(Number) });
  await Promise.all([patient.shutdown(), brief.shutdown()]);
});

test('a bus that is shut down while its server is gone settles within its deadline, and counts what is stranded', async () => {
  const server = await start();
  const bus = await EventBus.create({ shards: 1, adapter: redis(server.url), shutdownTimeoutMs: 300 });
  await server.kill();
  for (let nth = 0; nth < 10; nth += 1) bus.ingestRaw(`${nth}`);
  await expect(within(5000, bus.shutdown())).rejects.toMatchObject({
    kind: 'Fatal',
    counts: { dropped: { stranded: 10 } },
  });
  expect(bus.stats.toJSON()).toMatchObject({ eventsDropped: 10, shutdownWasLossy: true });
});

test('a server that loads its data is waited for by retries', async () => {
  const server = await start(ON_DISK);
  const { adapter } = await openRedis(server.url);
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(maker.batch(0, ['one']), { signal });
  await server.kill();
  await expect(adapter.onBatch(maker.batch(0, ['two']), { signal })).rejects.toMatchObject({ kind: 'Transient' });
  await server.restart();
  maker.rewind(0, 1);
  await adapter.onBatch(maker.batch(0, ['two']), { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one', 'two']);
  await adapter.shutdown({ signal });
});

test('a server that is out of memory is Backpressure, and nothing of the batch is stored', async () => {
  const server = await start();
  const client = await plainClient(server.url);
  const { adapter } = await openRedis(server.url);
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(maker.batch(0, ['one']), { signal });
  await client.configSet('maxmemory', '1');
  const batch = maker.batch(0, ['two', 'three']);
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Backpressure' });
  await client.configSet('maxmemory', '0');
  await adapter.onBatch(batch, { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one', 'two', 'three']);
  client.destroy();
  await adapter.shutdown({ signal });
});

test('a server without enough replicas, and one that has become a replica, are Transient', async () => {
  const server = await start();
  const client = await plainClient(server.url);
  const { adapter } = await openRedis(server.url);
  const batch = new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']);
  await client.configSet('min-replicas-to-write', '1');
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Transient' });
  await client.configSet('min-replicas-to-write', '0');
  await client.replicaOf('127.0.0.1', 1);
  await expect(adapter.onBatch(batch, { signal })).rejects.toMatchObject({ kind: 'Transient' });
  await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  await adapter.onBatch(batch, { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  client.destroy();
  await adapter.shutdown({ signal });
});

test('flush waits for replicas, and says how many have it', async () => {
  const server = await start();
  const options: RedisOptions = { wait: { replicas: 1, timeoutMs: 1000 } };
  const { adapter } = await openRedis(server.url, options);
  const maker = new BatchMaker({ producer: 'aa-01' });
  await adapter.onBatch(maker.batch(0, ['one']), { signal });
  await expect(adapter.flush({ signal })).rejects.toMatchObject({
    kind: 'Transient',
    message: expect.stringContaining('0 of 1 replicas'),
  });
  const replica = await start({ replicaof: `127.0.0.1 ${server.port}` });
  const [writer, reader] = [await plainClient(server.url), await plainClient(replica.url)];
  for (let online = false; !online; ) online = (await writer.info('replication')).includes('state=online');
  await adapter.flush({ signal });
  expect(await reader.xLen('{meshbus:0}')).toBe(1);
  writer.destroy();
  reader.destroy();
  await adapter.shutdown({ signal });
});

test('flush waits for disks where the server has WAITAOF, and an older server says so at the start', async () => {
  const server = await start(ON_DISK);
  const client = await plainClient(server.url);
  const knows = (await client.sendCommand(['COMMAND', 'INFO', 'WAITAOF'])) as unknown as readonly unknown[];
  client.destroy();
  const options: RedisOptions = { wait: { replicas: 1, fsync: true, timeoutMs: 1000 } };
  const opening = openRedis(server.url, options);
  if (knows[0] === null) {
    await expect(opening).rejects.toMatchObject({ kind: 'Connection', message: expect.stringContaining('7.2') });
    return;
  }
  const { adapter } = await opening;
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
  await expect(adapter.flush({ signal })).rejects.toMatchObject({
    kind: 'Transient',
    message: expect.stringContaining('0 of 1 replicas'),
  });
  const replica = await start({ ...ON_DISK, replicaof: `127.0.0.1 ${server.port}` });
  const writer = await plainClient(server.url);
  for (let online = false; !online; ) online = (await writer.info('replication')).includes('state=online');
  writer.destroy();
  await adapter.flush({ signal });
  await replica.kill();
  await replica.restart({ replicaof: 'no one' });
  const reader = await plainClient(replica.url);
  expect(await reader.xLen('{meshbus:0}')).toBe(1);
  reader.destroy();
  await adapter.shutdown({ signal });
});

test('readOnly writes nothing, and finds no store where there is none', async () => {
  const server = await start();
  const client = await plainClient(server.url);
  await expect(openRedis(server.url, { readOnly: true })).rejects.toMatchObject({ kind: 'Connection' });
  expect(await client.dbSize()).toBe(0);
  const { adapter } = await openRedis(server.url);
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
  const reading = await openRedis(server.url, { readOnly: true });
  expect(texts((await readAll(reading.adapter)).records)).toEqual(['one']);
  const refused = reading.adapter.onBatch(new BatchMaker({ producer: 'bb-01' }).batch(0, ['two']), { signal });
  await expect(refused).rejects.toMatchObject({ kind: 'Fatal' });
  const bus = await EventBus.create({ adapter: redis(server.url, { readOnly: true }) });
  bus.ingestRaw('three');
  await expect(bus.flush()).rejects.toMatchObject({ counts: { dropped: { 'adapter-rejected': 1 } } });
  expect((await bus.poll({ limit: 10 })).events.map((event) => event.text())).toEqual(['one']);
  await bus.shutdown();
  client.destroy();
  await adapter.shutdown({ signal });
  await reading.adapter.shutdown({ signal });
});
