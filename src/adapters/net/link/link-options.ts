// The options of the links, declared and checked in one place; the options of the replication stand beside them.
// Invariant: a fault never shows a key, a certificate or anything of what may hold one.
import type { ConfigFault } from '../../../errors/config-error.ts';
import { type Address, tryAddress } from './address.ts';
import { readCredentials } from './credential-options.ts';
import type { CertificateOptions, KeyMap } from './credentials.ts';
import { LINK_DEFAULTS, type LinkSettings } from './link-settings.ts';

/** How a node reaches the others of its mesh and is reached. */
export interface LinkOptions {
  /**
   * Where to listen: `host:port`, `[IPv6]:port`, or a port alone for loopback; several in an array. Port 0 lets the
   * system choose. Without it the node only dials, and takes part in full all the same. @default none
   */
  readonly listen?: string | number | readonly (string | number)[] | undefined;
  /** What others are told to dial, `host:port` each, at most 8. @default what is bound, loopback and wildcards left out */
  readonly advertise?: string | readonly string[] | undefined;
  /** Members to dial, `host:port` each. A name is resolved anew at each attempt, and no entry is ever given up. @default [] */
  readonly peers?: string | readonly string[] | undefined;
  /** The name of the mesh, 1 to 64 bytes; members of others are refused. @default 'default' */
  readonly mesh?: string | undefined;
  /**
   * The key of the mesh, 32 bytes or more, or several by their ids: the first is used for dialling, each lets others in.
   * One key alone has the id `default`. Ids are seen on the wire. A text stands for its UTF-8 bytes.
   */
  readonly psk?: string | Uint8Array | KeyMap | undefined;
  /** Mutual certificates instead of a key. */
  readonly tls?: CertificateOptions | undefined;
  /** No encryption and no proof: whoever reaches the port is a member. @default false */
  readonly insecure?: boolean | undefined;
  /** Dials members that other members tell of. @default false */
  readonly discover?: boolean | undefined;
  /** The most links, 1 to 1,024; further peers are refused. @default 64 */
  readonly maxPeers?: number | undefined;
  /** TLS and hello each must be done within so many milliseconds, 100 to 600,000. @default 5000 */
  readonly handshakeTimeoutMs?: number | undefined;
  /** How often a peer is asked whether it is there, 50 to 600,000. @default 1000 */
  readonly pingMs?: number | undefined;
  /** Silence that ends a link, at least 3 pings, at most 3,600,000. @default 5000, or 5 pings when that is longer */
  readonly silenceMs?: number | undefined;
  /** TCP keep-alive, 0 (none) to 2^31 - 1. @default 30_000 */
  readonly keepAliveMs?: number | undefined;
  /** The delay before the first new dial, 1 to 2^31 - 1; it doubles each time and is spread by chance. @default 100 */
  readonly reconnectBaseMs?: number | undefined;
  /** The longest of these delays, from `reconnectBaseMs` on. @default 10_000 */
  readonly reconnectMaxMs?: number | undefined;
}

/** Their names, for whoever tells unknown options from known ones. */
export const LINK_OPTION_NAMES = [
  'listen',
  'advertise',
  'peers',
  'mesh',
  'psk',
  'tls',
  'insecure',
  'discover',
  'maxPeers',
  'handshakeTimeoutMs',
  'pingMs',
  'silenceMs',
  'keepAliveMs',
  'reconnectBaseMs',
  'reconnectMaxMs',
] as const satisfies readonly (keyof LinkOptions)[];

const LONGEST_MS = 2_147_483_647;
const LONGEST_MESH_BYTES = 64;
const MOST_ADVERTISED = 8;

/** The checked settings; faults are added for what is wrong, and then undefined is returned. */
export function readLinkOptions(options: LinkOptions, faults: ConfigFault[]): LinkSettings | undefined {
  const before = faults.length;
  const pingMs = wholeNumber(options, 'pingMs', { min: 50, max: 600_000, faults });
  const reconnectBaseMs = wholeNumber(options, 'reconnectBaseMs', { min: 1, max: LONGEST_MS, faults });
  const silence = { ...options, silenceMs: options.silenceMs ?? Math.max(LINK_DEFAULTS.silenceMs, 5 * pingMs) };
  const reconnect = {
    ...options,
    reconnectMaxMs: options.reconnectMaxMs ?? Math.max(LINK_DEFAULTS.reconnectMaxMs, reconnectBaseMs),
  };
  const credentials = readCredentials(options, faults);
  const settings = {
    listen: addresses(options, 'listen', { leastPort: 0, faults }),
    advertise: options.advertise === undefined ? undefined : addresses(options, 'advertise', { leastPort: 1, faults }),
    peers: addresses(options, 'peers', { leastPort: 1, faults }),
    mesh: mesh(options.mesh, faults),
    discover: flag(options.discover, faults),
    maxPeers: wholeNumber(options, 'maxPeers', { min: 1, max: 1024, faults }),
    handshakeTimeoutMs: wholeNumber(options, 'handshakeTimeoutMs', { min: 100, max: 600_000, faults }),
    pingMs,
    silenceMs: wholeNumber(silence, 'silenceMs', { min: 3 * pingMs, max: 3_600_000, faults }),
    keepAliveMs: wholeNumber(options, 'keepAliveMs', { min: 0, max: LONGEST_MS, faults }),
    reconnectBaseMs,
    reconnectMaxMs: wholeNumber(reconnect, 'reconnectMaxMs', { min: reconnectBaseMs, max: LONGEST_MS, faults }),
  };
  if (settings.advertise !== undefined && settings.advertise.length > MOST_ADVERTISED) {
    const value = `${settings.advertise.length}`;
    faults.push({ path: 'net.advertise', expected: `at most ${MOST_ADVERTISED} addresses`, value });
  }
  if (faults.length > before || credentials === undefined) return undefined;
  return Object.freeze({ ...LINK_DEFAULTS, ...settings, credentials });
}

type NumberOption =
  | 'maxPeers'
  | 'handshakeTimeoutMs'
  | 'pingMs'
  | 'silenceMs'
  | 'keepAliveMs'
  | 'reconnectBaseMs'
  | 'reconnectMaxMs';

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly faults: ConfigFault[];
}

function wholeNumber(options: LinkOptions, name: NumberOption, { min, max, faults }: NumberRange): number {
  const value: unknown = options[name];
  if (value === undefined) return LINK_DEFAULTS[name];
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  faults.push({ path: `net.${name}`, expected: `a whole number from ${min} to ${max}`, value: described(value) });
  return LINK_DEFAULTS[name];
}

function addresses(
  options: LinkOptions,
  name: 'listen' | 'advertise' | 'peers',
  { leastPort, faults }: { readonly leastPort: number; readonly faults: ConfigFault[] },
): readonly Address[] {
  const given: unknown = options[name];
  const all: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given];
  return all.flatMap((each, index) => {
    const isText = typeof each === 'string' || (typeof each === 'number' && name === 'listen');
    const address = isText ? tryAddress(String(each)) : undefined;
    if (address !== undefined && address.port >= leastPort) return [address];
    const path = Array.isArray(given) ? `net.${name}[${index}]` : `net.${name}`;
    // A text is not shown: it may be a URL with a password.
    const expected = `host:port or [IPv6]:port, a port from ${leastPort} to 65535, and no more`;
    faults.push(isText ? { path, expected } : { path, expected, value: described(each) });
    return [];
  });
}

function mesh(value: unknown, faults: ConfigFault[]): string {
  if (value === undefined) return LINK_DEFAULTS.mesh;
  const isName = typeof value === 'string' && value !== '' && value.isWellFormed();
  if (isName && Buffer.byteLength(value) <= LONGEST_MESH_BYTES) return value;
  const expected = `a name of 1 to ${LONGEST_MESH_BYTES} bytes of UTF-8`;
  faults.push({ path: 'net.mesh', expected, value: described(value) });
  return LINK_DEFAULTS.mesh;
}

function flag(value: unknown, faults: ConfigFault[]): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  faults.push({ path: 'net.discover', expected: 'true or false', value: described(value) });
  return false;
}

function described(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
