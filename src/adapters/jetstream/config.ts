// The options of the JetStream adapter: the one place that declares them, holds their defaults and checks them.
import { OptionReader } from '../../adapter/option-reader.ts';
import type { ServerAddress } from '../../adapter/server-address.ts';
import { ConfigError, type ConfigFault } from '../../errors/config-error.ts';
import { type Address, readAddress } from './address.ts';

/** TLS towards the servers: what `node:tls` takes under these names. */
export interface JetStreamTls {
  /** Certificates that sign the server's, PEM. @default those of Node */
  readonly ca?: string | undefined;
  /** The certificate of this client, PEM. */
  readonly cert?: string | undefined;
  /** The key of that certificate, PEM. */
  readonly key?: string | undefined;
  /** TLS from the first byte, for servers with `handshake_first`. @default false */
  readonly handshakeFirst?: boolean | undefined;
}

/** How events are kept in JetStream. The bounds are those of the stream, over all shards together. */
export interface JetStreamOptions {
  /** Names the stream, and begins its subjects `prefix.shard.producer`: 1 to 64 of `A-Z a-z 0-9 _ -`. @default 'meshbus' */
  readonly prefix?: string | undefined;
  /** `event`: a message per event, for other consumers; `batch`: a message holds a whole frame. @default 'event' */
  readonly packing?: 'event' | 'batch' | undefined;
  /** Where a stream that is made here keeps its messages. @default 'file' */
  readonly storage?: 'file' | 'memory' | undefined;
  /** The most messages of the stream, 1 to 2^53 - 1; the oldest go. @default none */
  readonly maxMessages?: number | undefined;
  /** The most bytes of the stream, 1 to 2^53 - 1; the oldest go. @default none */
  readonly maxBytes?: number | undefined;
  /** Messages that are older go, in milliseconds, 100 to 2^43. @default none */
  readonly maxAgeMs?: number | undefined;
  /** How many servers of a cluster keep each message, 1 to 5. @default 1 */
  readonly replicas?: number | undefined;
  /** How long the server knows a message by its id, in milliseconds, 1,000 to 2^43. @default 120_000 */
  readonly duplicateWindowMs?: number | undefined;
  /** Make the stream when it is missing. Otherwise its absence is a Connection error. @default true */
  readonly create?: boolean | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The text of a credentials file (a JWT and its seed). */
  readonly credentials?: string | undefined;
  /** An nkey's seed, `SU...`. */
  readonly nkey?: string | undefined;
  /** TLS, also implied by `tls://`. */
  readonly tls?: JetStreamTls | boolean | undefined;
  /** The name of the connection, as the server lists it. @default 'meshbus' */
  readonly name?: string | undefined;
  /** The longest a connection may take to be made, in milliseconds, 1 to 2^31 - 1. @default 5000 */
  readonly connectTimeoutMs?: number | undefined;
}

/** What the user said of the stream; undefined is whatever an existing stream has. */
export interface StreamSettings {
  readonly storage: 'file' | 'memory' | undefined;
  readonly maxMessages: number | undefined;
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly replicas: number | undefined;
  readonly duplicateWindowMs: number | undefined;
  readonly create: boolean;
}

/** The checked options. */
export interface JetStreamSettings {
  readonly servers: readonly ServerAddress[];
  readonly prefix: string;
  readonly packing: 'event' | 'batch';
  readonly stream: StreamSettings;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly credentials: string | undefined;
  readonly nkey: string | undefined;
  readonly tls: JetStreamTls | undefined;
  readonly name: string;
  readonly connectTimeoutMs: number;
}

export const OPTION_NAMES = [
  'prefix',
  'packing',
  'storage',
  'maxMessages',
  'maxBytes',
  'maxAgeMs',
  'replicas',
  'duplicateWindowMs',
  'create',
  'user',
  'password',
  'token',
  'credentials',
  'nkey',
  'tls',
  'name',
  'connectTimeoutMs',
] as const satisfies readonly (keyof JetStreamOptions)[];

const MOST_MS = 2 ** 43;

/** What URLs and options stand for. @throws ConfigError `Invalid` with every fault */
export function jetStreamSettings(url: string | readonly string[], options: JetStreamOptions): JetStreamSettings {
  const faults: ConfigFault[] = [];
  const addresses = readAddresses(url, faults);
  const reader = new OptionReader(options, { path: 'jetstream', known: OPTION_NAMES }, faults);
  const settings = {
    servers: addresses.map(({ host, port }) => ({ host, port })),
    prefix: readPrefix(addresses, reader, faults),
    packing: reader.oneOf('packing', ['event', 'batch']) ?? 'event',
    stream: readStream(reader),
    ...readSecrets(addresses, reader),
    tls: readTls(addresses, reader),
    name: reader.text('name') ?? 'meshbus',
    connectTimeoutMs: reader.count('connectTimeoutMs', 1, 2_147_483_647) ?? 5000,
  };
  if (faults.length > 0) throw ConfigError.ofFaults(faults);
  return Object.freeze(settings);
}

function readAddresses(url: unknown, faults: ConfigFault[]): Address[] {
  const urls: unknown[] = Array.isArray(url) ? url : [url];
  if (urls.length === 0) faults.push({ path: 'jetstream.url', expected: 'a URL, or one or more of them' });
  return urls.flatMap((each) => {
    const address = readAddress(each);
    if (typeof address !== 'string') return [address];
    faults.push({ path: 'jetstream.url', expected: address });
    return [];
  });
}

function readPrefix(addresses: readonly Address[], reader: OptionReader, faults: ConfigFault[]): string {
  const given = reader.text('prefix');
  const all = new Set([given, ...addresses.map(({ prefix }) => prefix)].filter((each) => each !== undefined));
  const [prefix = 'meshbus'] = all;
  if (all.size > 1) faults.push({ path: 'jetstream.prefix', expected: 'one prefix, by the URLs or as an option' });
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(prefix)) {
    faults.push({ path: 'jetstream.prefix', expected: '1 to 64 of A-Z a-z 0-9 _ -, by the URL or as an option' });
  }
  return prefix;
}

function readStream(reader: OptionReader): StreamSettings {
  return Object.freeze({
    storage: reader.oneOf('storage', ['file', 'memory']),
    maxMessages: reader.count('maxMessages', 1, Number.MAX_SAFE_INTEGER),
    maxBytes: reader.count('maxBytes', 1, Number.MAX_SAFE_INTEGER),
    maxAgeMs: reader.count('maxAgeMs', 100, MOST_MS),
    replicas: reader.count('replicas', 1, 5),
    duplicateWindowMs: reader.count('duplicateWindowMs', 1000, MOST_MS),
    create: reader.flag('create') ?? true,
  });
}

function readSecrets(addresses: readonly Address[], reader: OptionReader) {
  const first = addresses.find(({ user, token }) => user !== undefined || token !== undefined);
  return {
    user: reader.secret('user') ?? first?.user,
    password: reader.secret('password') ?? first?.password,
    token: reader.secret('token') ?? first?.token,
    credentials: reader.secret('credentials'),
    nkey: reader.secret('nkey'),
  };
}

function readTls(addresses: readonly Address[], reader: OptionReader): JetStreamTls | undefined {
  const given = reader.section('tls', ['ca', 'cert', 'key', 'handshakeFirst']);
  if (given !== undefined) return given as JetStreamTls;
  return addresses.some(({ tls }) => tls) ? {} : undefined;
}
