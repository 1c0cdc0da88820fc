// Producers ingest while redis-server is killed, connections are cut, half-opened and lose replies, and a producer itself is
// killed. At the end everything that a resolved flush covered is there, once. brokers/under-fire.ts tells how.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { plainClient } from '../support/redis-store.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';
import { type Broker, PREFIX } from './brokers/broker.ts';
import { FIRE_MS, standFire } from './brokers/under-fire.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start(ON_DISK);
});
afterAll(() => server.stop());

function broker(): Broker {
  return {
    name: 'redis',
    port: server.port,
    kill: () => server.kill(),
    restart: () => server.restart(),
    adapter: (url) => redis(url, { prefix: PREFIX, replyTimeoutMs: 1000, connectTimeoutMs: 1000 }),
    adapterCode: `
      import { redis } from './src/adapters/redis/index.ts';
      const open = (url, prefix, packing) => redis(url, { prefix, packing, replyTimeoutMs: 1000, connectTimeoutMs: 1000 });`,
    // The script tells how many events it appended.
    loss: {
      request: (chunk) => chunk.includes('EVAL'),
      reply: (chunk) => /\*4\r\n:[1-9]/.test(chunk.toString('latin1')),
    },
    skipped: (chunk) => chunk.includes('*4\r\n:0\r\n'),
    around,
    // Each is a batch of which a part may come back.
    figures: () => ({ cutFiles: server.log.split('Truncating the AOF').length - 1 }),
  };
}

/** The entries around the one of an event. */
async function around(id: string): Promise<string[]> {
  const client = await plainClient(server.url);
  const stream = `{${PREFIX}:${id.split('/')[1]}}`;
  const entries = (await client.xRange(stream, '-', '+')) ?? [];
  client.destroy();
  const at = entries.findIndex((entry) => entry.message.id === id);
  const shown = entries.slice(Math.max(0, at - 3), at + 3);
  return shown.map((entry) => `${entry.id} ${entry.message.id ?? 'a frame'}`);
}

test(
  'A2 D3 F1 under fire everything that a resolved flush covered is there once, from two buses on one prefix',
  () => expect(standFire(broker())).resolves.toBeUndefined(),
  FIRE_MS + 120_000,
);
