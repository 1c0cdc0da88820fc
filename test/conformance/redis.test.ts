// Redis adopts the suite, in both packings, each test over a prefix of its own on one real server.
import { afterAll, beforeAll, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { conformanceTests } from '../../src/testing/index.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

let server: RedisServer;
let count = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

for (const packing of ['event', 'batch'] as const) {
  const tests = conformanceTests({
    name: `redis, packing ${packing}`,
    create: () => {
      count += 1;
      return redis(server.url, { prefix: `store-${count}`, packing });
    },
    capabilities: { readable: true, durable: true, deduplicates: true, releasesBatches: true },
    methods: ['seek', 'prepareShard', 'listShards', 'watch', 'isHealthy'],
    reopens: true,
  });
  for (const each of tests) test(each.name, each.run);
}
