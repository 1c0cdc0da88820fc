// The memory store adopts the suite.
import { test } from 'vitest';
import { memory } from '../../src/adapters/memory/index.ts';
import { conformanceTests } from '../../src/testing/index.ts';

const tests = conformanceTests({
  name: 'memory',
  create: () => memory(),
  capabilities: { readable: true, deduplicates: true, exclusive: true, releasesBatches: true },
  methods: ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'],
  reopens: true,
});

for (const each of tests) test(each.name, each.run);
