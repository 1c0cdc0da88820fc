// The options of the log: the one place that declares them, holds their defaults and checks them.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, type ConfigFault } from '../../errors/config-error.ts';

/** How a log keeps its history. The bounds are over all shards together; without any it grows as the disk allows. */
export interface LogOptions {
  /**
   * `sync`: `flush` resolves when the events are on disk, and they survive a power failure. `async`: it resolves when
   * the operating system has them; they survive the end of the process, and a power failure may take the last seconds.
   * @default 'sync'
   */
  readonly durability?: 'sync' | 'async' | undefined;
  /** The most events, 1 to 2^53 - 1. Beyond it the oldest files go, an eighth at a time. @default none */
  readonly maxEvents?: number | undefined;
  /** The most bytes of segment files, 1 to 2^53 - 1. Beyond it the oldest files go, an eighth at a time. @default none */
  readonly maxBytes?: number | undefined;
  /** Files whose events are all older go, in milliseconds, 1 to 2^53 - 1. @default none */
  readonly maxAgeMs?: number | undefined;
  /** A file takes no further batch beyond this many bytes, 4,096 to 2^31 - 1. @default 67_108_864 */
  readonly segmentBytes?: number | undefined;
  /**
   * Only read, beside a writer in this or another process: nothing is created or changed, and no right to write is
   * needed. What is ingested into such a bus is dropped as adapter-rejected.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
}

/** The checked options. */
export interface LogSettings {
  /** Absolute. */
  readonly folder: string;
  readonly durability: 'sync' | 'async';
  readonly maxEvents: number | undefined;
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly segmentBytes: number;
  readonly readOnly: boolean;
}

const SEGMENT_BYTES = 67_108_864;
const LEAST_SEGMENT_BYTES = 4096;
const MOST_SEGMENT_BYTES = 2_147_483_647;
const NAMES = ['durability', 'maxEvents', 'maxBytes', 'maxAgeMs', 'segmentBytes', 'readOnly'] as const;

/** What a folder and options stand for. @throws ConfigError `Invalid` with every fault */
export function logSettings(folder: string | URL, options: LogOptions): LogSettings {
  const faults: ConfigFault[] = [];
  const path = folderPath(folder, faults);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    faults.push({ path: 'log', expected: 'an object of options', value: describe(options) });
    throw ConfigError.ofFaults(faults);
  }
  for (const name of Object.keys(options)) {
    if (!(NAMES as readonly string[]).includes(name)) faults.push({ path: `log.${name}`, expected: 'no such option' });
  }
  const settings = {
    folder: path,
    durability: durability(options.durability, faults),
    maxEvents: bound(options, 'maxEvents', faults),
    maxBytes: bound(options, 'maxBytes', faults),
    maxAgeMs: bound(options, 'maxAgeMs', faults),
    segmentBytes: segmentBytes(options.segmentBytes, faults),
    readOnly: flag(options.readOnly, faults),
  };
  if (faults.length > 0) throw ConfigError.ofFaults(faults);
  return Object.freeze(settings);
}

/** A path as typed: percent signs, `#` and `?` mean themselves. A URL must be a `file:` URL. */
function folderPath(folder: unknown, faults: ConfigFault[]): string {
  const expected = 'the path of a folder, or a file: URL';
  if (folder instanceof URL) {
    try {
      return fileURLToPath(folder);
    } catch (error) {
      faults.push({ path: 'log.folder', expected: `${expected} (${(error as Error).message})` });
      return '';
    }
  }
  if (typeof folder === 'string' && folder !== '' && !folder.includes('\0')) return resolve(folder);
  faults.push({ path: 'log.folder', expected, value: folder === '' ? 'an empty path' : describe(folder) });
  return '';
}

function durability(value: unknown, faults: ConfigFault[]): 'sync' | 'async' {
  if (value === undefined || value === 'sync') return 'sync';
  if (value === 'async') return 'async';
  faults.push({ path: 'log.durability', expected: "'sync' or 'async'", value: describe(value) });
  return 'sync';
}

function bound(
  options: LogOptions,
  name: 'maxEvents' | 'maxBytes' | 'maxAgeMs',
  faults: ConfigFault[],
): number | undefined {
  const value: unknown = options[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  faults.push({ path: `log.${name}`, expected: 'a whole number from 1 to 2^53 - 1', value: describe(value) });
  return undefined;
}

function segmentBytes(value: unknown, faults: ConfigFault[]): number {
  if (value === undefined) return SEGMENT_BYTES;
  const inRange = (number: number): boolean => number >= LEAST_SEGMENT_BYTES && number <= MOST_SEGMENT_BYTES;
  if (Number.isSafeInteger(value) && inRange(value as number)) return value as number;
  const expected = `a whole number from ${LEAST_SEGMENT_BYTES} to ${MOST_SEGMENT_BYTES}`;
  faults.push({ path: 'log.segmentBytes', expected, value: describe(value) });
  return SEGMENT_BYTES;
}

function flag(value: unknown, faults: ConfigFault[]): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  faults.push({ path: 'log.readOnly', expected: 'true or false', value: describe(value) });
  return false;
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
