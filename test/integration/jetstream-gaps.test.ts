// History that is gone from the stream: trimmed, dropped by the bus, or acknowledged and forgotten by the server.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BatchMaker } from '../../src/testing/index.ts';
import { NEVER, openJetStream, PRODUCER, readAll, texts } from '../support/jetstream-store.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

let server: NatsServer;
let nats: NatsConnection;
let manager: JetStreamManager;
const signal = NEVER;

beforeAll(async () => {
  server = await NatsServer.start();
  nats = await connect({ servers: server.url });
  manager = await jetstreamManager(nats);
});

afterAll(async () => {
  await nats.close();
  await server.dispose();
});

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, nth) => String(from + nth));

function trimmed(from: number, to: number) {
  const [fromSequence, toSequence] = [from, to - 1];
  return { shard: 0, reason: 'trimmed', count: to - from, producer: PRODUCER, fromSequence, toSequence };
}

test.each(['event', 'batch'] as const)(
  'C5 a reader behind the trim is told of it with its count, at the start too, packing %s',
  async (packing) => {
    const prefix = `trim-${packing}`;
    const { adapter, close } = await openJetStream(server.url, { prefix, packing });
    const maker = new BatchMaker({ producer: PRODUCER });
    for (let nth = 0; nth < 10; nth += 1) await adapter.onBatch(maker.batch(0, numbered(10, nth * 10)), { signal });
    const all = (await readAll(adapter)).records;
    await manager.streams.purge(prefix, { keep: packing === 'event' ? 40 : 4 });
    for (const read of [0, 1, 35, 59]) {
      const rest = await readAnew(prefix, { after: all[read - 1]?.position, limit: 7 });
      expect([read, rest.gaps, texts(rest.records)]).toEqual([read, [trimmed(read, 60)], numbered(40, 60)]);
    }
    expect((await readAnew(prefix, { after: all[59]?.position })).gaps).toEqual([]);
    expect((await readAnew(prefix, { after: all[70]?.position })).gaps).toEqual([]);
    await close();
  },
);

test('C5 what is trimmed behind a reader that has a session is told, once', async () => {
  const { adapter, close } = await openJetStream(server.url, { prefix: 'session' });
  const maker = new BatchMaker({ producer: PRODUCER });
  await adapter.onBatch(maker.batch(0, numbered(10)), { signal });
  const first = await readAll(adapter);
  await adapter.onBatch(maker.batch(0, numbered(30, 10)), { signal });
  await manager.streams.purge('session', { keep: 5 });
  const rest = await readAll(adapter, 0, { after: first.next });
  expect([rest.gaps, texts(rest.records)]).toEqual([[trimmed(10, 35)], numbered(5, 35)]);
  expect((await readAll(adapter, 0, { after: rest.next })).gaps).toEqual([]);
  await close();
});

test('C5 a shard of which nothing is left tells of the gap and goes on behind it', async () => {
  const { adapter, close } = await openJetStream(server.url, { prefix: 'emptied' });
  const maker = new BatchMaker({ producer: PRODUCER });
  await adapter.onBatch(maker.batch(0, numbered(10)), { signal });
  const [first] = (await readAll(adapter)).records;
  await manager.streams.purge('emptied');
  const rest = await readAnew('emptied', { after: first?.position });
  expect([rest.gaps, rest.records]).toEqual([[{ shard: 0, reason: 'trimmed' }], []]);
  await adapter.onBatch(maker.batch(0, numbered(2, 10)), { signal });
  const later = await readAll(adapter, 0, { after: rest.next });
  expect([later.gaps, texts(later.records)]).toEqual([[], numbered(2, 10)]);
  await close();
});

test('the bounds of the stream trim it, and other shards and producers tell no false gaps', async () => {
  const { adapter, close } = await openJetStream(server.url, { prefix: 'bounds', maxMessages: 100 });
  const one = new BatchMaker({ producer: PRODUCER });
  const two = new BatchMaker({ producer: '00000000000000bb-0000000000000002' });
  for (let nth = 0; nth < 20; nth += 1) {
    await adapter.onBatch(one.batch(0, numbered(5, nth * 5)), { signal });
    await adapter.onBatch(two.batch(nth % 2, ['x', 'y', 'z']), { signal });
  }
  const { gaps, records } = await readAll(adapter, 0, { limit: 3 });
  expect(gaps).toMatchObject([{ shard: 0, reason: 'trimmed' }]);
  expect(texts(records.filter(({ producer }) => producer === PRODUCER)).at(-1)).toBe('99');
  await close();
});

test.each(['event', 'batch'] as const)(
  'events that the bus dropped are told by the next one, packing %s',
  async (packing) => {
    const { adapter, close } = await openJetStream(server.url, { prefix: `drop-${packing}`, packing });
    const maker = new BatchMaker({ producer: PRODUCER });
    await adapter.onBatch(maker.batch(0, numbered(3)), { signal });
    maker.lose(0, 7);
    await adapter.onBatch(maker.batch(0, numbered(2, 10)), { signal });
    const { gaps, records } = await readAll(adapter);
    expect([gaps, records.map(({ lostBefore }) => lostBefore ?? 0)]).toEqual([[], [0, 0, 0, 7, 0]]);
    await close();
  },
);

test.each(['event', 'batch'] as const)(
  'acknowledged messages that the server forgot are a finding and a gap, packing %s',
  async (packing) => {
    const own = await NatsServer.start();
    const [data, copy] = [join(own.folder, 'data'), join(own.folder, 'copy')];
    const { adapter, close, findings } = await openJetStream(own.url, { packing });
    const maker = new BatchMaker({ producer: PRODUCER });
    await adapter.onBatch(maker.batch(0, numbered(4)), { signal });
    await own.stop();
    cpSync(data, copy, { recursive: true });
    await own.up();
    await retried(() => adapter.onBatch(maker.batch(0, numbered(6, 4)), { signal }), maker, 6);
    const read = await readAll(adapter);
    expect(texts(read.records)).toEqual(numbered(10));
    await own.stop();
    rmSync(data, { recursive: true });
    cpSync(copy, data, { recursive: true });
    await own.up();
    const behind = await retried(() => readAll(adapter, 0, { after: read.next }));
    expect([behind.gaps, behind.records]).toEqual([[{ shard: 0, reason: 'lost' }], []]);
    await retried(() => adapter.onBatch(maker.batch(0, numbered(2, 10)), { signal }), maker, 2);
    const [fromSequence, toSequence] = [4, 9];
    const lost = { shard: 0, reason: 'lost', count: 6, producer: PRODUCER, fromSequence, toSequence };
    const all = await readAll(adapter);
    expect([all.gaps, texts(all.records)]).toEqual([[lost], [...numbered(4), ...numbered(2, 10)]]);
    expect(texts((await readAll(adapter, 0, { after: behind.next })).records)).toEqual(numbered(2, 10));
    expect(findings.filter(({ kind }) => kind === 'acknowledged-lost').length).toBeGreaterThanOrEqual(2);
    await close();
    await own.dispose();
  },
);

/** What a reader gets that has nothing in memory. */
async function readAnew(prefix: string, from: Parameters<typeof readAll>[2]): ReturnType<typeof readAll> {
  const { adapter, close } = await openJetStream(server.url, { prefix });
  const read = await readAll(adapter, 0, from);
  await close();
  return read;
}

/** Repeats what fails as Transient while the connection is made again; the maker gives the same batch once more. */
async function retried<T>(run: () => Promise<T>, maker?: BatchMaker, count = 0): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      expect(error).toMatchObject({ kind: 'Transient' });
      maker?.rewind(0, count);
    }
  }
}
