// The log adopts the suite, each test over a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { log } from '../../src/adapters/log/index.ts';
import { conformanceTests } from '../../src/testing/index.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-log-'));
let count = 0;

afterAll(() => rmSync(root, { recursive: true }));

const tests = conformanceTests({
  name: 'log',
  create: () => {
    count += 1;
    return log(join(root, String(count)));
  },
  capabilities: { readable: true, durable: true, deduplicates: true, exclusive: true, releasesBatches: true },
  methods: ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'],
  reopens: true,
});

for (const each of tests) test(each.name, each.run);
