// Settings of a server: what doctor makes of them, what flush waits for, and what a server is too old for.
import { expect, test } from 'vitest';
import { loadRedis } from '../../../../src/adapters/redis/client.ts';
import { missingOf, waitCommand } from '../../../../src/adapters/redis/flush-wait.ts';
import { serverFaults } from '../../../../src/adapters/redis/inspect.ts';
import { isOlder } from '../../../../src/adapters/redis/server-facts.ts';

const SAFE = {
  redis_version: '7.0.15',
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
};

const faults = (change: Record<string, string | undefined>): string[] => {
  const settings = Object.entries({ ...SAFE, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return serverFaults('h:1', new Map(settings)).map(({ weight, what }) => `${weight} ${what}`);
};

test('a server that keeps what it acknowledges has no faults', () => {
  expect(faults({})).toEqual([]);
});

test.each([
  [{ appendonly: 'no' }, /^fault .*nothing survives/],
  [{ appendonly: 'no', save: '3600 1' }, /^fault .*since the last snapshot/],
  [{ appendfsync: 'everysec' }, /^note .*power failure/],
  [{ 'maxmemory-policy': 'allkeys-lru', maxmemory: '1000' }, /^fault .*deletes streams/],
  [{ 'maxmemory-policy': 'volatile-ttl' }, /^note .*deletes streams/],
  [{ redis_version: '6.2.14' }, /^note Redis 6|^note .*Redis 6.2.14 is old/],
  [{ appendfsync: undefined }, /^note .*may not see appendfsync/],
])('%j is told', (change, expected) => {
  expect(faults(change)[0]).toMatch(expected);
});

test('flush waits by WAIT, and for disks by WAITAOF', () => {
  expect(waitCommand({ replicas: 2, timeoutMs: 500, fsync: false })).toEqual(['WAIT', '2', '500']);
  expect(waitCommand({ replicas: 1, timeoutMs: 500, fsync: true })).toEqual(['WAITAOF', '1', '1', '500']);
});

test('what flush has waited for in vain is told', () => {
  const wait = { replicas: 2, timeoutMs: 1, fsync: false };
  expect([missingOf(2, wait), missingOf(1, wait)]).toEqual([undefined, '1 of 2 replicas have it']);
  const disk = { replicas: 1, timeoutMs: 1, fsync: true };
  expect([missingOf([1, 1], disk), missingOf([0, 1], disk), missingOf([1, 0], disk)]).toEqual([
    undefined,
    'the server has it on disk not yet',
    '0 of 1 replicas have it on disk',
  ]);
});

test('a version that is not known is taken for new enough', () => {
  const facts = (version: readonly [number, number] | undefined) => ({ version, cluster: false, argumentBytes: 1 });
  expect([isOlder(facts([6, 2]), 7, 2), isOlder(facts([7, 2]), 7, 2), isOlder(facts(undefined), 7, 2)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a package that is not installed is named with the command that installs it', async () => {
  const missing = (): Promise<unknown> => import('redis-that-nobody-has'.slice(0));
  await expect(loadRedis(missing)).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining('npm install redis'),
  });
  await expect(loadRedis(async () => ({}))).rejects.toMatchObject({ kind: 'Connection' });
});
