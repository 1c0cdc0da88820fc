// The adapter that discards adopts the part of the suite that is about it.
import { test } from 'vitest';
import { noop } from '../../src/adapters/noop/index.ts';
import { conformanceTests } from '../../src/testing/index.ts';

const tests = conformanceTests({
  name: 'noop',
  create: () => noop(),
  capabilities: { releasesBatches: true },
  methods: [],
});

for (const each of tests) test(each.name, each.run);
