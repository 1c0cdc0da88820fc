// What doctor makes of a stream's storage and replicas, and of its server's version: what acknowledged is worth there.
import { expect, test } from 'vitest';
import { safetyFaults } from '../../../../src/adapters/jetstream/inspect.ts';

const ON_ONE = { stream: 's', version: '2.9.10', storage: 'file', replicas: 1 };

function told(change: Partial<typeof ON_ONE>): string[] {
  return safetyFaults({ ...ON_ONE, ...change }).map(({ remedy, weight, what }) => `${weight} ${what}; ${remedy}`);
}

test.each([
  [{}, /^note .*one server, nats-server 2\.9\.10, which syncs its files every two minutes.*2\.10 or later/],
  [{ version: '2.10.0' }, /^note .*does not tell clients how often it syncs its files.*sync_interval: always/],
  [{ version: '3.0.1' }, /^note .*does not tell clients/],
  [{ version: 'unknown' }, /^note .*every two minutes/],
  [{ replicas: 2 }, /^note .*on 2 servers/],
  [{ storage: 'memory' }, /^fault .*in memory: a restart of its server loses it/],
  [{ storage: 'memory', replicas: 3 }, /^note .*in memory: a restart of all its servers loses it/],
])('%j is told', (change, expected) => {
  expect(told(change)).toEqual([expect.stringMatching(expected)]);
});

test('files on three servers are safe, whatever each of them syncs', () => {
  expect([told({ replicas: 3 }), told({ replicas: 5, version: '2.12.1' })]).toEqual([[], []]);
});
