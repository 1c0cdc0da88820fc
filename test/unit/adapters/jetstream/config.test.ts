// URLs and options: what they come to, every fault at once, and no secret in any of them. The guide tells the same.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type JetStreamOptions, jetStreamSettings, OPTION_NAMES } from '../../../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../../../src/adapters/jetstream/index.ts';
import { ConfigError } from '../../../../src/errors/config-error.ts';
import { bare, tableRows, written } from '../../../docs/support/markdown-table.ts';
import { failure } from '../../../support/failure.ts';

const SECRET = 'hunter2';

function faultsOf(url: unknown, options: unknown = {}): string[] {
  const error = failure(() => jetStreamSettings(url as string, options as JetStreamOptions));
  expect(error).toBeInstanceOf(ConfigError);
  expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  return (error as ConfigError).faults.map(({ path }) => path);
}

test('a URL alone has the defaults', () => {
  expect(jetStreamSettings('nats://example.org', {})).toEqual({
    servers: [{ host: 'example.org', port: 4222 }],
    prefix: 'meshbus',
    packing: 'event',
    stream: {
      storage: undefined,
      maxMessages: undefined,
      maxBytes: undefined,
      maxAgeMs: undefined,
      replicas: undefined,
      duplicateWindowMs: undefined,
      create: true,
    },
    user: undefined,
    password: undefined,
    token: undefined,
    credentials: undefined,
    nkey: undefined,
    tls: undefined,
    name: 'meshbus',
    connectTimeoutMs: 5000,
  });
});

test.each([
  ['nats://us%65r:p%40ss@h:1/orders', { user: 'user', password: 'p@ss', token: undefined, prefix: 'orders' }],
  ['nats://t0ken@h', { token: 't0ken', user: undefined, password: undefined }],
  ['tls://[::1]:7000', { tls: {}, servers: [{ host: '::1', port: 7000 }] }],
  ['NATS://h:80', { servers: [{ host: 'h', port: 80 }] }],
  [
    ['nats://a/p', 'nats://u:p@b:2'],
    {
      servers: [
        { host: 'a', port: 4222 },
        { host: 'b', port: 2 },
      ],
      prefix: 'p',
      user: 'u',
    },
  ],
])('%j says where and who', (url, expected) => {
  expect(jetStreamSettings(url, {})).toMatchObject(expected);
});

test('options go before what the URL says of the user, and TLS takes what is given', () => {
  const options = { user: 'a', password: 'b', tls: { ca: 'PEM', handshakeFirst: true } };
  expect(jetStreamSettings('nats://u:p@h', options)).toMatchObject(options);
  expect(jetStreamSettings('tls://h', { tls: false }).tls).toEqual({});
  expect(jetStreamSettings('nats://h', { tls: true }).tls).toEqual({});
});

test.each([
  [`http://u:${SECRET}@h`, {}, ['jetstream.url']],
  [`nats://u:${SECRET}%@h`, {}, ['jetstream.url']],
  [`nats://h?password=${SECRET}`, {}, ['jetstream.url']],
  [`nats://h#${SECRET}`, {}, ['jetstream.url']],
  ['nats://', {}, ['jetstream.url']],
  [`nats://u:${SECRET}@`, {}, ['jetstream.url']],
  [5, {}, ['jetstream.url']],
  [[], {}, ['jetstream.url']],
  [['nats://a', 'redis://b'], {}, ['jetstream.url']],
  ['nats://h/a.b', {}, ['jetstream.prefix']],
  ['nats://h/a', { prefix: 'b' }, ['jetstream.prefix']],
  [['nats://a/one', 'nats://b/two'], {}, ['jetstream.prefix']],
  ['nats://h', { prefix: 'x'.repeat(65) }, ['jetstream.prefix']],
  [
    'nats://h',
    { password: 5, token: '', nkey: {}, credentials: true },
    ['jetstream.password', 'jetstream.token', 'jetstream.credentials', 'jetstream.nkey'],
  ],
  [
    'nats://h',
    { packing: 'frame', storage: 'disk', replicas: 6 },
    ['jetstream.packing', 'jetstream.storage', 'jetstream.replicas'],
  ],
  ['nats://h', { maxAgeMs: 99, duplicateWindowMs: 999.5 }, ['jetstream.maxAgeMs', 'jetstream.duplicateWindowMs']],
  [
    'nats://h',
    { maxMessages: 0, maxBytes: Number.NaN, connectTimeoutMs: 2 ** 31 },
    ['jetstream.maxMessages', 'jetstream.maxBytes', 'jetstream.connectTimeoutMs'],
  ],
  ['nats://h', { tls: { passphrase: SECRET } }, ['jetstream.tls']],
  ['nats://h', { Prefix: SECRET, create: 'yes' }, ['jetstream.create', 'jetstream.Prefix']],
  ['nats://h', null, ['jetstream']],
])('G1 %j with %j is refused, all faults at once', (url, options, paths) => {
  expect(faultsOf(url, options).sort()).toEqual([...paths].sort());
});

test('G2 the configuration of an adapter shows no secret', () => {
  const factory = jetstream(`nats://user:${SECRET}@h`, { token: SECRET });
  expect([inspect(factory, { depth: 9, showHidden: true }), JSON.stringify(factory)].join()).not.toContain(SECRET);
});

test('G1 the guide has every option', () => {
  const rows = tableRows('docs/guide/jetstream.md');
  const names = rows.flatMap((row) => (row.option ?? '').split(',').map((each) => bare(each.trim())));
  expect(names).toEqual([...OPTION_NAMES]);
  const row = rows.find((each) => bare(each.option) === 'connectTimeoutMs');
  expect(bare(row?.default)).toBe(written(5000));
});
