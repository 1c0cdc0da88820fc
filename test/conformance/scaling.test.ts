// Shards that come and go on a running bus, over each adapter, brokers on real servers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { redis } from '../../src/adapters/redis/index.ts';
import { log, memory, noop } from '../../src/index.ts';
import { onBench } from '../../src/testing/conformance/bench.ts';
import type { ConformanceSubject } from '../../src/testing/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { RedisServer } from '../support/servers/redis-server.ts';
import { SCALING_CASES } from './support/scaling-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-scaling-'));
let count = 0;
let nats: NatsServer;
let redisServer: RedisServer;

beforeAll(async () => {
  [nats, redisServer] = await Promise.all([NatsServer.start(), RedisServer.start()]);
});
afterAll(async () => {
  rmSync(root, { recursive: true });
  await Promise.all([nats.dispose(), redisServer.stop()]);
});

const all = { capabilities: { readable: true, exclusive: true }, methods: ['listShards'], reopens: true } as const;
/** Any number of buses write a broker, so no shard of it is ever sealed. */
const broker = { capabilities: { readable: true }, methods: ['listShards'], reopens: true } as const;
const SUBJECTS: readonly ConformanceSubject[] = [
  { name: 'noop', create: () => noop(), capabilities: { releasesBatches: true }, methods: [] },
  { name: 'memory', create: () => memory(), ...all },
  { name: 'log', create: () => log(join(root, String(count++))), ...all },
  { name: 'redis', create: () => redis(redisServer.url, { prefix: `scaling-${count++}` }), ...broker },
  { name: 'jetstream', create: () => jetstream(nats.url, { prefix: `scaling-${count++}` }), ...broker },
];

for (const subject of SUBJECTS) {
  for (const each of SCALING_CASES) {
    if (each.needs?.readable && !subject.capabilities.readable) continue;
    test(`${subject.name}: ${each.name}`, () => onBench(subject, each.run));
  }
}
