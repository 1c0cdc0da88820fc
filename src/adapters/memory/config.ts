// The options of the memory store: the one place that declares them, holds their defaults and checks them.
import { ConfigError, type ConfigFault } from '../../errors/config-error.ts';

/** How much of its newest history a memory store keeps, over all shards together. */
export interface MemoryOptions {
  /**
   * The most events, 1 to 2^53 - 1. At the limit the oldest go, and readers that come to them get a gap.
   * @default 1_000_000
   */
  readonly maxEvents?: number | undefined;
  /**
   * The most bytes of records, 1 to 2^53 - 1: for each event its payload, key, headers and 32 bytes, rounded up to 8.
   * At the limit the oldest go. The newest event stays whatever its size. The process needs about a tenth more, or
   * twice as much when batches are small and come from many producers.
   * @default 268_435_456
   */
  readonly maxBytes?: number | undefined;
}

/** The checked options. */
export interface MemoryBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

const DEFAULTS: MemoryBounds = Object.freeze({ maxEvents: 1_000_000, maxBytes: 268_435_456 });

/** The bounds that options stand for. @throws ConfigError `Invalid` with every fault */
export function memoryBounds(options: MemoryOptions): MemoryBounds {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw ConfigError.ofFaults([{ path: 'memory', expected: 'an object of options', value: describe(options) }]);
  }
  const faults: ConfigFault[] = [];
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, name)) faults.push({ path: `memory.${name}`, expected: 'no such option' });
  }
  const bounds = {
    maxEvents: bound(options, 'maxEvents', faults),
    maxBytes: bound(options, 'maxBytes', faults),
  };
  if (faults.length > 0) throw ConfigError.ofFaults(faults);
  return Object.freeze(bounds);
}

function bound(options: MemoryOptions, name: keyof MemoryBounds, faults: ConfigFault[]): number {
  const value: unknown = options[name];
  if (value === undefined) return DEFAULTS[name];
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  faults.push({ path: `memory.${name}`, expected: 'a whole number from 1 to 2^53 - 1', value: describe(value) });
  return DEFAULTS[name];
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
