// A fault adapter without a plan is the adapter that it wraps.
import { test } from 'vitest';
import { memory } from '../../src/adapters/memory/index.ts';
import { conformanceTests, faulty } from '../../src/testing/index.ts';

const tests = conformanceTests({
  name: 'faulty memory without faults',
  create: () => faulty(memory()),
  capabilities: { readable: true, deduplicates: true, exclusive: true, releasesBatches: true },
  methods: ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'],
  reopens: true,
});

for (const each of tests) test(each.name, each.run);
