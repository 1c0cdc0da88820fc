// The options of the Redis adapter: the one place that declares them, holds their defaults and checks them.
import type { ConnectionOptions } from 'node:tls';
import { OptionReader } from '../../adapter/option-reader.ts';
import type { ServerAddress } from '../../adapter/server-address.ts';
import { ConfigError, type ConfigFault } from '../../errors/config-error.ts';
import { parseUrl, type RedisUrl } from './address.ts';

/** What `flush` waits for besides the server's answer. */
export interface RedisWait {
  /** So many replicas have what was taken. 0 only with `fsync`. */
  readonly replicas: number;
  /** How long one flush waits for them, in milliseconds, 1 to 2^31 - 1. @default 5000 */
  readonly timeoutMs?: number | undefined;
  /** They and the server have it on disk, by WAITAOF of Redis 7.2 and later. @default false */
  readonly fsync?: boolean | undefined;
}

/** How a store in Redis is used. What the URL says, need not be said here, and must not be said differently. */
export interface RedisOptions {
  /** Begins the names of all keys: 1 to 128 characters without braces and control characters. @default 'meshbus' */
  readonly prefix?: string | undefined;
  /** An entry per event, readable by any client, or one per batch, which is several times as fast. @default 'event' */
  readonly packing?: 'event' | 'batch' | undefined;
  /** The most entries of one shard, 1 to 2^53 - 1; the oldest go, some hundred at a time. @default none */
  readonly maxEntries?: number | undefined;
  /** Older entries go with the next batch of their shard, in milliseconds, 1 to 2^53 - 1. Redis 6.2. @default none */
  readonly maxAgeMs?: number | undefined;
  /** How long the server remembers what a silent producer has stored, in milliseconds, from 60,000. @default 604_800_000 */
  readonly producerTtlMs?: number | undefined;
  /** The longest that making a connection may take, in milliseconds, 1 to 2^31 - 1. @default 5000 */
  readonly connectTimeoutMs?: number | undefined;
  /** A connection that owes an answer for longer is given up and made again, in milliseconds, 1 to 2^31 - 1. @default 10_000 */
  readonly replyTimeoutMs?: number | undefined;
  /** ACL user. @default the one of the URL */
  readonly username?: string | undefined;
  /** @default the one of the URL */
  readonly password?: string | undefined;
  /** The number of the database. @default the one of the URL, or 0 */
  readonly database?: number | undefined;
  /** Certificates and keys for `rediss:`, as `tls.connect` takes them. @default none */
  readonly tls?: ConnectionOptions | undefined;
  /** The server is a node of a Redis Cluster; the others are found through it. @default false */
  readonly cluster?: boolean | undefined;
  /** What `flush` waits for besides the server's answer. @default none */
  readonly wait?: RedisWait | undefined;
  /** Only read: nothing is written, and what is ingested is dropped as adapter-rejected. @default false */
  readonly readOnly?: boolean | undefined;
}

/** The checked options. */
export interface RedisSettings {
  readonly address: ServerAddress;
  readonly prefix: string;
  readonly packing: 'event' | 'batch';
  readonly maxEntries: number;
  readonly maxAgeMs: number;
  readonly producerTtlMs: number;
  readonly connectTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: ConnectionOptions | undefined;
  readonly cluster: boolean;
  readonly wait: { readonly replicas: number; readonly timeoutMs: number; readonly fsync: boolean } | undefined;
  readonly readOnly: boolean;
}

export const OPTION_NAMES = [
  'prefix',
  'packing',
  'maxEntries',
  'maxAgeMs',
  'producerTtlMs',
  'connectTimeoutMs',
  'replyTimeoutMs',
  'username',
  'password',
  'database',
  'tls',
  'cluster',
  'wait',
  'readOnly',
] as const satisfies readonly (keyof RedisOptions)[];
/** What may stand behind the ? of a URL. */
const QUERY_NAMES: readonly string[] = ['prefix', 'packing', 'cluster'];

const MOST = Number.MAX_SAFE_INTEGER;
/** The longest delay that a timer of the platform takes. */
const LONGEST_MS = 2_147_483_647;

/** The limits and defaults of the options that are whole numbers; 0 as a default stands for none. */
export const NUMBERS = {
  maxEntries: { min: 1, max: MOST, fallback: 0 },
  maxAgeMs: { min: 1, max: MOST, fallback: 0 },
  producerTtlMs: { min: 60_000, max: 1e15, fallback: 604_800_000 },
  connectTimeoutMs: { min: 1, max: LONGEST_MS, fallback: 5000 },
  replyTimeoutMs: { min: 1, max: LONGEST_MS, fallback: 10_000 },
  database: { min: 0, max: 999_999_999, fallback: 0 },
} as const;

/** What a URL and options stand for. @throws ConfigError `Invalid` with every fault, none of which shows a secret */
export function redisSettings(url: string | URL, options: RedisOptions): RedisSettings {
  const faults: ConfigFault[] = [];
  const parts = parseUrl(url, faults);
  const read = new OptionReader(withQuery(options, parts, faults), { path: 'redis', known: OPTION_NAMES }, faults);
  const number = (name: keyof typeof NUMBERS): number => read.number(name, NUMBERS[name]);
  const cluster = read.flag('cluster') ?? false;
  const settings: RedisSettings = {
    address: { host: parts?.host ?? '', port: parts?.port ?? 0 },
    prefix: read.text('prefix', PREFIX) ?? 'meshbus',
    packing: read.oneOf('packing', ['event', 'batch']) ?? 'event',
    maxEntries: number('maxEntries'),
    maxAgeMs: number('maxAgeMs'),
    producerTtlMs: number('producerTtlMs'),
    connectTimeoutMs: number('connectTimeoutMs'),
    replyTimeoutMs: number('replyTimeoutMs'),
    username: read.secret('username') ?? parts?.username,
    password: read.secret('password') ?? parts?.password,
    database: number('database'),
    tls: parts?.secure === false ? noTls(read, faults) : { ...read.object('tls') },
    cluster,
    wait: readWait(read, faults),
    readOnly: read.flag('readOnly') ?? false,
  };
  if (cluster && settings.database !== 0) {
    faults.push({
      path: 'redis.database',
      expected: '0: a cluster has one database',
      value: String(settings.database),
    });
  }
  if (faults.length > 0) throw ConfigError.ofFaults(faults);
  return Object.freeze(settings);
}

const PREFIX = {
  pattern: /^[^{}\p{Cc}]{1,128}$/u,
  expected: '1 to 128 characters without braces and control characters',
};

/** The options, and those of the URL among them; what is given twice must be the same. */
function withQuery(options: unknown, url: RedisUrl | undefined, faults: ConfigFault[]): unknown {
  if (url === undefined || typeof options !== 'object' || options === null) return options;
  const given: Record<string, unknown> = Object.fromEntries(Object.entries(options));
  const put = (name: string, value: unknown): void => {
    if (given[name] === undefined) given[name] = value;
    else if (given[name] !== value) faults.push({ path: `redis.${name}`, expected: 'what the URL says, or nothing' });
  };
  for (const [name, value] of url.query) {
    if (!QUERY_NAMES.includes(name)) {
      faults.push({ path: 'redis.url', expected: `only ${QUERY_NAMES.join(', ')} behind the ?` });
    } else if (name === 'cluster') put(name, value === 'true' ? true : value === 'false' ? false : value);
    else put(name, value);
  }
  if (url.database !== undefined) put('database', url.database);
  if (url.username !== undefined) put('username', url.username);
  if (url.password !== undefined) put('password', url.password);
  return given;
}

function noTls(read: OptionReader, faults: ConfigFault[]): undefined {
  if (read.object('tls') !== undefined) faults.push({ path: 'redis.tls', expected: 'a URL that begins with rediss:' });
  return undefined;
}

function readWait(read: OptionReader, faults: ConfigFault[]): RedisSettings['wait'] {
  const given = read.object('wait');
  if (given === undefined) return undefined;
  const wait = new OptionReader(given, { path: 'redis.wait', known: ['replicas', 'timeoutMs', 'fsync'] }, faults);
  const fsync = wait.flag('fsync') ?? false;
  const least = fsync ? 0 : 1;
  return Object.freeze({
    replicas: wait.number('replicas', { min: least, max: 1000, fallback: undefined }),
    timeoutMs: wait.number('timeoutMs', { min: 1, max: LONGEST_MS, fallback: 5000 }),
    fsync,
  });
}
