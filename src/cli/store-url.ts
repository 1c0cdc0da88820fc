// From a URL on the command line to an adapter. Invariant: what follows the scheme is taken as it was typed; nothing
// is decoded, and nothing is cut at #, ? or %. This table is the only place that knows schemes.
import type { AdapterFactory } from '../adapter/contract.ts';
import { withoutUser } from '../adapter/server-address.ts';
import { inspectJetStream } from '../adapters/jetstream/inspect.ts';
import { jetstream } from '../adapters/jetstream/root.ts';
import { log } from '../adapters/log/index.ts';
import { inspectLog } from '../adapters/log/inspect.ts';
import { memory } from '../adapters/memory/index.ts';
import { inspectRedis } from '../adapters/redis/inspect.ts';
import { redis } from '../adapters/redis/root.ts';
import { ConfigError } from '../errors/config-error.ts';
import { netStore } from './net/net-store.ts';
import type { Env } from './net/net-url.ts';
import type { Store } from './store.ts';
import { UsageError } from './usage-error.ts';

/** By scheme: makes a store of what follows the colon. @throws UsageError */
export type SchemeTable = Readonly<Record<string, (rest: string, url: string, env: Env) => Store>>;

export const SCHEMES: SchemeTable = Object.freeze({
  log: logStore,
  memory: memoryStore,
  redis: redisStore,
  rediss: redisStore,
  nats: jetstreamStore,
  tls: jetstreamStore,
  net: (_rest, url, env) => netStore(url, env),
});

/** The store of a URL. @throws UsageError, which never quotes more of a URL than its scheme: it may hold a password */
export function storeOf(url: string, schemes: SchemeTable, env: Env): Store {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s.exec(url) ?? [];
  const known = Object.keys(schemes).map((name) => `${name}:`);
  if (scheme === undefined || rest === undefined) {
    throw new UsageError(`the URL of a store begins with its scheme (${known.join(', ')}), as in log:./data`);
  }
  const make = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (make === undefined) throw new UsageError(`the scheme ${scheme}: is unknown; there are ${known.join(', ')}`);
  return make(rest, url, env);
}

function memoryStore(rest: string, url: string): Store {
  if (rest !== '') throw new UsageError('memory: takes nothing after the colon; it lives and ends with the command');
  const factory = memory();
  return { url, scheme: 'memory', open: () => factory };
}

/** A path as it was typed; log:///a is log:/a, since a host has no meaning here. */
function logStore(rest: string, url: string): Store {
  if (/^\/\/(?!\/)/.test(rest))
    throw new UsageError('log://... names a host: write log:PATH, or log:///PATH from the root');
  const folder = rest.startsWith('///') ? rest.slice(2) : rest;
  if (folder === '') throw new UsageError('log: lacks the path of its folder, as in log:./data');
  if (folder.includes('\0')) throw new UsageError('the path of a log holds a NUL character');
  return {
    url,
    scheme: 'log',
    open: (use) => log(folder, { readOnly: use === 'read' }),
    inspect: (options) => inspectLog(folder, options),
    repairs: true,
  };
}

/** nats://[user:password@]host[:port][/prefix], or tls:// for TLS. */
function jetstreamStore(_rest: string, url: string): Store {
  const configured = (create: boolean): AdapterFactory => checked(() => jetstream(url, { create }));
  // A wrong URL is told before anything is read or opened.
  configured(false);
  return {
    url: withoutUser(url),
    scheme: 'nats',
    open: (use) => configured(use === 'write'),
    inspect: () => inspectJetStream(url),
  };
}

/** redis://[user:password@]host[:port][/database][?prefix=...], or rediss:// for TLS. */
function redisStore(_rest: string, url: string): Store {
  const configured = (readOnly: boolean): AdapterFactory => checked(() => redis(url, { readOnly }));
  configured(true);
  return {
    url: withoutUser(url),
    scheme: url.slice(0, url.indexOf(':')),
    open: (use) => configured(use === 'read'),
    inspect: () => inspectRedis(url),
  };
}

/** A configuration, or what is wrong with its URL. @throws UsageError, which shows no value */
function checked(configured: () => AdapterFactory): AdapterFactory {
  try {
    return configured();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.faults.map(({ path, expected }) => `${path}: expected ${expected}`).join('; '));
  }
}
