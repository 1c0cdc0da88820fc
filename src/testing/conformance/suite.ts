// The conformance suite: the contract of src/adapter/contract.ts as tests for anyone's adapter, in any framework.
import { onBench } from './bench.ts';
import { CONTENT_CASES } from './content-cases.ts';
import { OPENING_CASES } from './opening-cases.ts';
import { POSITION_CASES } from './position-cases.ts';
import { REOPENING_CASES } from './reopening-cases.ts';
import { REPETITION_CASES } from './repetition-cases.ts';
import { SHARD_CASES } from './shard-cases.ts';
import type { CaseNeeds, ConformanceSubject, ConformanceTest } from './subject.ts';
import { WATCH_CASES } from './watch-cases.ts';

/**
 * The tests that an adapter must pass, picked by what it promises. Each works on a store of its own.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 *
 * const tests = conformanceTests({
 *   name: 'memory',
 *   create: () => memory(),
 *   capabilities: { readable: true, deduplicates: true, exclusive: true },
 *   methods: ['seek', 'prepareShard', 'sealShard', 'listShards', 'watch', 'isHealthy'],
 *   reopens: true,
 * });
 * for (const each of tests) test(each.name, each.run);
 * ```
 */
export function conformanceTests(subject: ConformanceSubject): readonly ConformanceTest[] {
  const cases = [
    ...OPENING_CASES,
    ...CONTENT_CASES,
    ...POSITION_CASES,
    ...REPETITION_CASES,
    ...SHARD_CASES,
    ...WATCH_CASES,
    ...REOPENING_CASES,
  ];
  return cases
    .filter((each) => applies(each.needs ?? {}, subject))
    .map((each) => ({ name: `${subject.name}: ${each.name}`, run: () => onBench(subject, each.run) }));
}

function applies(needs: CaseNeeds, { capabilities, methods, reopens }: ConformanceSubject): boolean {
  if (needs.readable && !capabilities.readable) return false;
  if (needs.deduplicates && !capabilities.deduplicates) return false;
  if (needs.exclusive && !capabilities.exclusive) return false;
  if (needs.releasesBatches && !capabilities.releasesBatches) return false;
  if (needs.reopens && !reopens) return false;
  return needs.method === undefined || methods.includes(needs.method);
}
