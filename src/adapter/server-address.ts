// Where a server of a broker is, and the parts of its URL. Invariant: what is kept to be shown holds no user, password or
// token.

/** A server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** As it is shown, and as clients take it. */
export function addressText({ host, port }: ServerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A host as a URL writes it, without the brackets of an IPv6 address. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** A part of a URL without its percent signs; undefined when they are not well formed, which the caller tells unquoted. */
export function decodedPart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A URL as it may be shown: without user, password and token. */
export function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)[^/?#]*@/, '$1***@');
}
