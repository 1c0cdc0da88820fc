// The options of the mesh adapter: what a node is, beside how it is linked (link/link-options.ts). The one place that
// declares them, holds their defaults and checks them. Invariant: no fault shows a key, a certificate or an address.
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { ConfigFault } from '../../errors/config-error.ts';
import { type StoreSource, storeSourceOf } from '../../frame-store/store-source.ts';
import { LINK_OPTION_NAMES, type LinkOptions, readLinkOptions } from './link/link-options.ts';
import type { LinkSettings } from './link/link-settings.ts';
import { LEAST_WINDOW_BYTES } from './session/layout.ts';

/** A node of a mesh. */
export interface NetOptions extends LinkOptions {
  /** Where the node keeps its streams and those of the others: `memory()` or `log(folder)`. @default memory() */
  readonly store?: AdapterFactory | undefined;
  /** How many other nodes must have a batch before it counts as dispatched, 1 to `maxPeers`, or 'local'. @default 'local' */
  readonly confirm?: 'local' | number | undefined;
  /** Takes what others ingest. Without it the node is a producer at the edge, which relays nothing. @default true */
  readonly receive?: boolean | undefined;
  /** The most streams that are known, 1 to 1,000,000; new ones beyond are not taken. @default 10_000 */
  readonly maxStreams?: number | undefined;
  /** What the node keeps beside its store, in bytes: windows, what waits for peers, newest frames. @default 512 MiB */
  readonly maxBufferBytes?: number | undefined;
  /** Streams of which retention left nothing and that were silent for so long are forgotten. @default 604_800_000 */
  readonly forgetAfterMs?: number | undefined;
  /** How long the start waits for a first peer and for what it has, within `adapterTimeoutMs` of the bus; 0 does not wait. @default 0 */
  readonly joinTimeoutMs?: number | undefined;
}

/** The checked options of a node. */
export interface NetSettings {
  readonly link: LinkSettings;
  /** Undefined: a memory of its own. */
  readonly store: StoreSource | undefined;
  /** How many other nodes must have a batch. */
  readonly confirm: number;
  readonly receives: boolean;
  readonly maxStreams: number;
  readonly recentBytes: number;
  readonly forgetAfterMs: number;
  readonly joinTimeoutMs: number;
}

/** The options that are not those of the links. */
export const NODE_OPTION_NAMES = [
  'store',
  'confirm',
  'receive',
  'maxStreams',
  'maxBufferBytes',
  'forgetAfterMs',
  'joinTimeoutMs',
] as const satisfies readonly Exclude<keyof NetOptions, keyof LinkOptions>[];

const LONGEST_MS = 2_147_483_647;
const MEBIBYTE = 1_048_576;

/** Limits and defaults of the options that are whole numbers. */
export const NUMBERS = {
  maxStreams: { min: 1, max: 1_000_000, fallback: 10_000 },
  maxBufferBytes: { min: 16 * MEBIBYTE, max: 2 ** 40, fallback: 512 * MEBIBYTE },
  forgetAfterMs: { min: 60_000, max: 1e15, fallback: 604_800_000 },
  joinTimeoutMs: { min: 0, max: LONGEST_MS, fallback: 0 },
} as const;

const MOST_CONFIRMING = 1024;

/** The settings, or undefined when faults were added. */
export function readNetOptions(options: unknown, faults: ConfigFault[]): NetSettings | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    faults.push({ path: 'net', expected: 'an object of options' });
    return undefined;
  }
  const before = faults.length;
  const given = options as NetOptions;
  const known: readonly string[] = [...LINK_OPTION_NAMES, ...NODE_OPTION_NAMES];
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) faults.push({ path: `net.${name}`, expected: `one of ${known.join(', ')}` });
  }
  const link = readLinkOptions(given, faults);
  const number = (name: keyof typeof NUMBERS): number => readNumber(given[name], name, faults);
  const settings = {
    store: readStore(given.store, faults),
    confirm: readConfirm(given.confirm, faults),
    receives: readReceive(given.receive, faults),
    maxStreams: number('maxStreams'),
    forgetAfterMs: number('forgetAfterMs'),
    joinTimeoutMs: number('joinTimeoutMs'),
  };
  const maxBufferBytes = number('maxBufferBytes');
  if (link !== undefined && settings.confirm > link.maxPeers) {
    const expected = `no more than net.maxPeers, which is ${link.maxPeers}`;
    faults.push({ path: 'net.confirm', expected, value: String(settings.confirm) });
  }
  if (link !== undefined && maxBufferBytes < leastBufferBytes(link.maxPeers)) {
    const expected = `${leastBufferBytes(link.maxPeers)} or more, for ${link.maxPeers} peers (net.maxPeers)`;
    faults.push({ path: 'net.maxBufferBytes', expected, value: String(maxBufferBytes) });
  }
  if (faults.length > before || link === undefined) return undefined;
  const { recentBytes, ...shares } = sharesOf(maxBufferBytes, link.maxPeers);
  return Object.freeze({ ...settings, link: Object.freeze({ ...link, ...shares }), recentBytes });
}

/** Half of it are windows, and nobody links up with a node whose window is shorter than the least. */
function leastBufferBytes(maxPeers: number): number {
  return 2 * maxPeers * LEAST_WINDOW_BYTES;
}

/** The one budget, and who has which part: half for what comes, three eighths for what waits, an eighth at hand for peers. */
function sharesOf(
  maxBufferBytes: number,
  maxPeers: number,
): Pick<LinkSettings, 'windowBytes' | 'roomBytes'> & {
  readonly recentBytes: number;
} {
  return {
    windowBytes: Math.min(4 * MEBIBYTE, Math.floor(maxBufferBytes / 2 / maxPeers)),
    // What waits, and blocks of as many bytes that are kept for what will.
    roomBytes: Math.min(1.5 * MEBIBYTE, Math.floor((3 / 16) * (maxBufferBytes / maxPeers))),
    recentBytes: Math.min(64 * MEBIBYTE, Math.floor(maxBufferBytes / 8)),
  };
}

function readNumber(value: unknown, name: keyof typeof NUMBERS, faults: ConfigFault[]): number {
  const { min, max, fallback } = NUMBERS[name];
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const shown = typeof value === 'number' ? { value: String(value) } : {};
  faults.push({ path: `net.${name}`, expected: `a whole number from ${min} to ${max}`, ...shown });
  return fallback;
}

function readStore(value: unknown, faults: ConfigFault[]): StoreSource | undefined {
  if (value === undefined) return undefined;
  const source = typeof value === 'object' && value !== null ? storeSourceOf(value as AdapterFactory) : undefined;
  if (source === undefined)
    faults.push({ path: 'net.store', expected: 'memory() or log(folder), which may be written' });
  return source;
}

function readConfirm(value: unknown, faults: ConfigFault[]): number {
  if (value === undefined || value === 'local') return 0;
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MOST_CONFIRMING) {
    return value as number;
  }
  faults.push({ path: 'net.confirm', expected: `'local' or a whole number from 1 to ${MOST_CONFIRMING}` });
  return 0;
}

function readReceive(value: unknown, faults: ConfigFault[]): boolean {
  if (value === undefined || typeof value === 'boolean') return value !== false;
  faults.push({ path: 'net.receive', expected: 'true or false' });
  return true;
}
