// Where a server is, and who asks: the URL of a store in its parts. Invariant: what is kept to be shown holds no user,
// password or query.
import { bareHost, decodedPart, type ServerAddress } from '../../adapter/server-address.ts';
import type { ConfigFault } from '../../errors/config-error.ts';

/** What a URL says. */
export interface RedisUrl extends ServerAddress {
  readonly secure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
  /** Options of the store: `?prefix=orders`. */
  readonly query: ReadonlyMap<string, string>;
}

const DEFAULT_PORT = 6379;
const EXPECTED = 'redis://[user[:password]@]host[:port][/database][?option=value], or rediss:// for TLS';

/** The parts of a URL; undefined after a fault, which never quotes it. */
export function parseUrl(text: unknown, faults: ConfigFault[]): RedisUrl | undefined {
  const fault = (why: string): undefined => {
    faults.push({ path: 'redis.url', expected: `${EXPECTED}: ${why}` });
    return undefined;
  };
  if (typeof text !== 'string' && !(text instanceof URL)) return fault('it is a string or a URL');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return fault('it is no URL'); // The error of URL quotes what it was given, passwords too.
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') return fault('its scheme is another');
  if (url.hash !== '') return fault('a # in a password is written %23');
  const database = /^\/?(\d{1,9})?$/.exec(url.pathname);
  if (database === null) return fault('the path is the number of a database');
  const query = new Map(url.searchParams);
  if (query.size < [...url.searchParams].length) return fault('an option stands twice behind the ?');
  const [username, password] = [decodedPart(url.username), decodedPart(url.password)];
  if (username === undefined || password === undefined) return fault('a % in user or password is written %25');
  return {
    host: bareHost(url.hostname) || '127.0.0.1',
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    secure: url.protocol === 'rediss:',
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    database: database[1] === undefined ? undefined : Number(database[1]),
    query,
  };
}
