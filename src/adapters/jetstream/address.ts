// URLs of servers: nats://[user[:password]@]host[:port][/prefix], or tls:// for TLS. A user without a password is a token.
// Invariant: no part of a URL but its scheme is ever quoted, since it may hold a password.
import { bareHost, decodedPart, type ServerAddress } from '../../adapter/server-address.ts';

/** What one URL says. */
export interface Address extends ServerAddress {
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly prefix: string | undefined;
}

const DEFAULT_PORT = 4222;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;

/** The address that a URL stands for, or what is wrong with it. */
export function readAddress(text: unknown): Address | string {
  if (typeof text !== 'string') return 'a URL such as nats://127.0.0.1:4222';
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme !== 'nats' && scheme !== 'tls') return 'a URL that begins with nats:// or tls://';
  // As http: a scheme whose hosts are checked; a port that is its default is told from none by the one put in.
  const rest = text.slice(scheme.length + 3);
  const url = parse(`http://${rest}`);
  if (url === undefined || url.hostname === '') return 'a URL with a host, as in nats://127.0.0.1:4222';
  if (url.search !== '' || url.hash !== '') return 'a URL without ? and #, which mean nothing here';
  const port = url.port === '' && /:80(?:\/|$)/.test(rest) ? 80 : Number(url.port || DEFAULT_PORT);
  const user = decodedPart(url.username);
  const password = decodedPart(url.password);
  const prefix = decodedPart(url.pathname.replace(/^\//, ''));
  if (user === undefined || password === undefined || prefix === undefined)
    return 'a URL whose percent signs are well formed';
  const isToken = user !== '' && password === '';
  return {
    host: bareHost(url.hostname),
    port,
    tls: scheme === 'tls',
    user: isToken || user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    token: isToken ? user : undefined,
    prefix: prefix === '' ? undefined : prefix,
  };
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // No URL: the caller says so, without quoting it.
    return undefined;
  }
}
