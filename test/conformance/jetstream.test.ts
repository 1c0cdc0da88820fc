// JetStream adopts the suite, in both packings, each test on a stream of its own of one real server.
import { afterAll, beforeAll, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { conformanceTests } from '../../src/testing/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

let server: NatsServer;
let count = 0;

beforeAll(async () => {
  server = await NatsServer.start();
});

afterAll(() => server.dispose());

for (const packing of ['event', 'batch'] as const) {
  const tests = conformanceTests({
    name: `jetstream, packing ${packing}`,
    create: () => {
      count += 1;
      return jetstream(server.url, { prefix: `suite-${count}`, packing });
    },
    capabilities: { readable: true, durable: true, deduplicates: true, releasesBatches: true },
    methods: ['seek', 'listShards', 'watch', 'isHealthy'],
    reopens: true,
  });
  for (const each of tests) test(each.name, each.run);
}
