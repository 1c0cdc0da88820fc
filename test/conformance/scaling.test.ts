// Shards that come and go on a running bus, over each adapter that needs no server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { log, memory, noop } from '../../src/index.ts';
import { onBench } from '../../src/testing/conformance/bench.ts';
import type { ConformanceSubject } from '../../src/testing/index.ts';
import { SCALING_CASES } from './support/scaling-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-scaling-'));
let count = 0;

afterAll(() => rmSync(root, { recursive: true }));

const all = { capabilities: { readable: true, exclusive: true }, methods: ['listShards'], reopens: true } as const;
const SUBJECTS: readonly ConformanceSubject[] = [
  { name: 'noop', create: () => noop(), capabilities: {}, methods: [] },
  { name: 'memory', create: () => memory(), ...all },
  { name: 'log', create: () => log(join(root, String(count++))), ...all },
];

for (const subject of SUBJECTS) {
  for (const each of SCALING_CASES) {
    if (each.needs?.readable && !subject.capabilities.readable) continue;
    test(`${subject.name}: ${each.name}`, () => onBench(subject, each.run));
  }
}
