// A server that is killed in the middle of writing a batch to its append-only file. It leaves the batch out at its next
// start; at the start after that it brings back what the file held of it, before whatever it wrote first meanwhile.
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Adapter, Gap } from '../../src/adapter/contract.ts';
import { BatchMaker } from '../../src/testing/index.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';

type Packing = 'event' | 'batch';
/** The command of the batch's transaction that is cut: what stands before it in the file comes back. */
type Cut = 'an entry' | 'SET' | 'the end' | 'EXEC';

const signal = NEVER;
let server: RedisServer;
let proxy: TcpProxy;

beforeAll(async () => {
  server = await RedisServer.start(ON_DISK);
  proxy = await TcpProxy.start(server.port);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const named = (name: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, nth) => name + (from + nth));

/** A producer behind the proxy, and another one, on one prefix. */
async function openBoth(prefix: string, packing: Packing) {
  const far = await openRedis(`redis://127.0.0.1:${proxy.port}`, { prefix, packing });
  const near = await openRedis(server.url, { prefix, packing }, 'bb-01');
  return {
    cut: { ...far, maker: new BatchMaker({ producer: 'aa-01' }) },
    other: { ...near, maker: new BatchMaker({ producer: 'bb-01' }) },
  };
}

/** Follows a shard: each `look` reads on from where the last one ended, in pages of 7. */
function follow(adapter: Adapter, shard = 0) {
  const seen: string[] = [];
  const gaps: Gap[] = [];
  let after: string | undefined;
  return {
    seen,
    gaps,
    look: async (): Promise<void> => {
      const read = await readAll(adapter, shard, { after, limit: 7 });
      seen.push(...texts(read.records));
      gaps.push(...read.gaps);
      after = read.next;
    },
  };
}

/** Appends; the server has written only a part of it when it is killed, and nobody has an answer. It is up again then. */
async function appendCut(append: () => Promise<unknown>, cut: Cut): Promise<void> {
  const folder = join(server.folder, 'appendonlydir');
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')) as string);
  const before = statSync(file).size;
  const lost = proxy.loseReply({
    request: (chunk) => chunk.includes('EVAL'),
    reply: (chunk) => /^\*4\r\n:[1-9]/.test(chunk.toString('latin1')), // not that the script is unknown
  });
  await expect(append()).rejects.toMatchObject({ kind: 'Transient' });
  await lost;
  await server.kill();
  const written = readFileSync(file).subarray(before);
  const at = cut === 'an entry' ? written.length / 2 : written.lastIndexOf(cut === 'the end' ? 'XADD' : cut) + 2;
  truncateSync(file, before + Math.floor(at));
  await server.restart();
  expect(server.log).toContain('Truncating the AOF');
}

async function startAgain(): Promise<void> {
  await server.kill();
  await server.restart();
}

const CASES: readonly { readonly packing: Packing; readonly cut: Cut }[] = [
  { packing: 'event', cut: 'an entry' }, // a batch in one entry has nothing before it
  ...(['event', 'batch'] as const).flatMap((packing) =>
    (['SET', 'the end', 'EXEC'] as const).map((cut) => ({ packing, cut })),
  ),
];

test.each(CASES)('a batch cut at $cut and repeated is there once, packing $packing', async ({ cut, packing }) => {
  const { cut: a, other } = await openBoth(`repeated-${packing}-${cut.length}`, packing);
  const reader = follow(other.adapter);
  await a.adapter.onBatch(a.maker.batch(0, named('a', 10)), { signal });
  await reader.look();
  const batch = a.maker.batch(0, named('a', 40, 10));
  await appendCut(() => a.adapter.onBatch(batch, { signal }), cut);
  await a.adapter.onBatch(batch, { signal });
  await startAgain();
  await a.adapter.onBatch(a.maker.batch(0, named('a', 5, 50)), { signal });
  await reader.look();
  expect([reader.gaps, reader.seen]).toEqual([[], named('a', 55)]);
  for (const limit of [1, 3, 1000]) {
    const { gaps, records } = await readAll(other.adapter, 0, { limit });
    expect([gaps, texts(records)]).toEqual([[], named('a', 55)]);
  }
  expect([a.findings, other.findings]).toEqual([[], []]);
});

test.each(CASES)(
  'a batch cut at $cut and repeated after the first batch of another producer and one more start is there once, packing $packing',
  async ({ cut, packing }) => {
    const { cut: a, other } = await openBoth(`second-${packing}-${cut.length}`, packing);
    const reader = follow(other.adapter);
    await a.adapter.onBatch(a.maker.batch(0, named('a', 10)), { signal });
    const batch = a.maker.batch(0, named('a', 20, 10));
    await appendCut(() => a.adapter.onBatch(batch, { signal }), cut);
    await other.adapter.onBatch(other.maker.batch(0, named('b', 25)), { signal });
    await startAgain();
    await reader.look();
    await a.adapter.onBatch(batch, { signal });
    await reader.look();
    const all = [...named('a', 10), ...named('b', 25), ...named('a', 20, 10)];
    expect([reader.gaps, reader.seen]).toEqual([[], all]);
    expect(texts((await readAll(other.adapter)).records)).toEqual(all);
  },
);

test.each(CASES)(
  'the first batch of a shard, cut at $cut and repeated after another shard was written and one more start, is there once, packing $packing',
  async ({ cut, packing }) => {
    const prefix = `shard-${packing}-${cut.length}`;
    const { cut: a, other } = await openBoth(prefix, packing);
    const reader = follow(other.adapter);
    const batch = a.maker.batch(0, named('a', 20));
    await appendCut(() => a.adapter.onBatch(batch, { signal }), cut);
    await other.adapter.onBatch(other.maker.batch(1, named('b', 9)), { signal });
    await startAgain();
    await reader.look();
    const client = await plainClient(server.url);
    expect(await client.xLen(`{${prefix}:0}`)).toBeGreaterThan(0);
    client.destroy();
    expect(reader.seen).toEqual(cut === 'EXEC' ? named('a', 20) : []);
    await a.adapter.onBatch(batch, { signal });
    await a.adapter.onBatch(a.maker.batch(0, named('a', 5, 20)), { signal });
    await reader.look();
    expect([reader.gaps, reader.seen]).toEqual([[], named('a', 25)]);
  },
);
