// Addresses as people write them: `host:port`, `[2001:db8::1]:7777`, `:7777` or `7777` for loopback.
import { isIP, isIPv6 } from 'node:net';

/** Where to listen or dial. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 to 65,535; 0 lets the system choose, for listening only. */
  readonly port: number;
}

export const LOOPBACK = '127.0.0.1';
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
const PORT = /^\d{1,5}$/;

/** The address in a text; undefined when it is none. Without a host it is loopback. */
export function tryAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(':');
  const portText = text.slice(colon + 1);
  const hostText = colon === -1 ? '' : text.slice(0, colon);
  const port = Number(portText);
  if (!PORT.test(portText) || port > 65_535) return undefined;
  const host = hostText === '' ? LOOPBACK : hostOf(hostText);
  return host === undefined ? undefined : { host, port };
}

/** `host:port`, an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostOf(text: string): string | undefined {
  if (text.startsWith('[') && text.endsWith(']')) {
    const inner = text.slice(1, -1);
    return isIPv6(inner) ? inner : undefined;
  }
  // All digits and dots: a mistyped IP address, no name.
  if (isIP(text) === 4) return text;
  return /^[\d.]+$/.test(text) || !HOST_NAME.test(text) ? undefined : text.toLowerCase();
}

/** Addresses that mean this machine or this cable alone, or none at all: useless when they come from elsewhere. */
export function isLocalOnly(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.local')) return true;
  const version = isIP(name);
  if (version === 4) return isLocalIPv4(name);
  if (version !== 6) return false;
  const plain = new URL(`http://[${name.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain);
  if (mapped !== null) return isLocalIPv4(dotted(mapped[1] as string, mapped[2] as string));
  // ::, ::1, fe80::/10 and multicast.
  return plain === '::' || plain === '::1' || /^fe[89ab]/.test(plain) || plain.startsWith('ff');
}

/** Whether an address that others tell may lead anywhere. */
export function isLearnable(
  host: string,
  rule: { readonly isLearnable?: ((host: string) => boolean) | undefined },
): boolean {
  return rule.isLearnable === undefined ? !isLocalOnly(host) : rule.isLearnable(host);
}

function isLocalIPv4(address: string): boolean {
  const [first, second] = address.split('.').map(Number) as [number, number];
  return first === 127 || first === 0 || (first === 169 && second === 254) || first >= 224;
}

function dotted(high: string, low: string): string {
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}
