// URL and options: what they come to, every fault at once, and no secret in any of them. The guide tells the same.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { NUMBERS, OPTION_NAMES, type RedisOptions, redisSettings } from '../../../../src/adapters/redis/config.ts';
import { redis } from '../../../../src/adapters/redis/index.ts';
import { ConfigError } from '../../../../src/errors/config-error.ts';
import { bare, tableRows, written } from '../../../docs/support/markdown-table.ts';
import { failure } from '../../../support/failure.ts';

function faultsOf(url: unknown, options: unknown = {}): string[] {
  const error = failure(() => redisSettings(url as string, options as RedisOptions));
  expect(error).toBeInstanceOf(ConfigError);
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  return (error as ConfigError).faults.map(({ path }) => path);
}

test('a URL alone has the defaults', () => {
  expect(redisSettings('redis://example.org', {})).toEqual({
    address: { host: 'example.org', port: 6379 },
    prefix: 'meshbus',
    packing: 'event',
    maxEntries: 0,
    maxAgeMs: 0,
    producerTtlMs: 604_800_000,
    connectTimeoutMs: 5000,
    replyTimeoutMs: 10_000,
    username: undefined,
    password: undefined,
    database: 0,
    tls: undefined,
    cluster: false,
    wait: undefined,
    readOnly: false,
  });
});

test('user, password, database and options stand in the URL', () => {
  const url = 'rediss://us%65r:p%40ss@[::1]:7000/3?prefix=orders&packing=batch';
  expect(redisSettings(new URL(url), { wait: { replicas: 2 } })).toMatchObject({
    address: { host: '::1', port: 7000 },
    username: 'user',
    password: 'p@ss',
    database: 3,
    prefix: 'orders',
    packing: 'batch',
    tls: {},
    wait: { replicas: 2, timeoutMs: 5000, fsync: false },
  });
  expect(redisSettings('redis://h?cluster=true', {}).cluster).toBe(true);
});

test.each([
  ['http://user:hunter2@h', {}, ['redis.url']],
  ['redis://user:hunter2%@h', {}, ['redis.url']],
  ['redis://user:hunter2#x@h', {}, ['redis.url']],
  ['redis://h/db', {}, ['redis.url']],
  ['redis://h?prefix=a&prefix=b', {}, ['redis.url']],
  ['redis://h?password=hunter2', {}, ['redis.url']],
  [5, {}, ['redis.url']],
  ['redis://h?cluster=maybe', {}, ['redis.cluster']],
  ['redis://:hunter2@h', { password: 'other' }, ['redis.password']],
  ['redis://h/1', { database: 2 }, ['redis.database']],
  ['redis://h/1', { cluster: true }, ['redis.database']],
  ['redis://h', { tls: { ca: 'x' } }, ['redis.tls']],
  ['redis://h', { password: 5, username: '' }, ['redis.username', 'redis.password']],
  [
    'redis://h',
    { prefix: 'a{b', packing: 'frame', maxEntries: 0.5 },
    ['redis.prefix', 'redis.packing', 'redis.maxEntries'],
  ],
  ['redis://h', { wait: { replicas: 0 } }, ['redis.wait.replicas']],
  ['redis://h', { wait: { replicas: 1, timeout: 5 } }, ['redis.wait.timeout']],
  ['redis://h', { Prefix: 'x', readOnly: 'yes' }, ['redis.Prefix', 'redis.readOnly']],
  ['redis://h', null, ['redis']],
])('G1 %s with %j is refused, all faults at once', (url, options, paths) => {
  expect(faultsOf(url, options)).toEqual(paths);
});

test('wait without replicas is for the disk of the server alone', () => {
  expect(redisSettings('redis://h', { wait: { replicas: 0, fsync: true } }).wait?.fsync).toBe(true);
});

test('G2 the configuration of an adapter shows no secret', () => {
  const factory = redis('redis://user:hunter2@h', {});
  expect([inspect(factory, { depth: 9, showHidden: true }), JSON.stringify(factory)].join()).not.toContain('hunter2');
});

test('G1 the guide has every option, its default and its limits', () => {
  const rows = tableRows('docs/guide/redis.md');
  const names = rows.flatMap((row) => (row.option ?? '').split(',').map((each) => bare(each.trim())));
  expect(names).toEqual([...OPTION_NAMES]);
  for (const [name, { fallback, min }] of Object.entries(NUMBERS)) {
    const row = rows.find((each) => bare(each.option) === name);
    if (row === undefined) continue; // database: it stands with user and password
    expect([name, bare(row.default)]).toEqual([name, fallback === 0 ? 'none' : written(fallback)]);
    if (name !== 'connectTimeoutMs' && name !== 'replyTimeoutMs')
      expect(row['unit, range']).toContain(`from ${written(min)}`);
  }
});
