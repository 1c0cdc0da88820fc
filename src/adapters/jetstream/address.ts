// URLs of servers: nats://[user[:password]@]host[:port][/prefix], or tls:// for TLS. A user without a password is a token.
// Invariant: no part of a URL but its scheme is ever quoted, since it may hold a password.

/** What one URL says. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly prefix: string | undefined;
}

/** A server to connect to. */
export interface Server {
  readonly host: string;
  readonly port: number;
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
  const user = decoded(url.username);
  const password = decoded(url.password);
  const prefix = decoded(url.pathname.replace(/^\//, ''));
  if (user === null || password === null || prefix === null) return 'a URL whose percent signs are well formed';
  const isToken = user !== '' && password === '';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    tls: scheme === 'tls',
    user: isToken || user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    token: isToken ? user : undefined,
    prefix: prefix === '' ? undefined : prefix,
  };
}

/** Host and port as the client takes and messages show them. */
export function serverText({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A URL as it may be shown: its user, password or token are not. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/]*@/, '$1***@');
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // No URL: the caller says so, without quoting it.
    return undefined;
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: the caller says so.
    return null;
  }
}
