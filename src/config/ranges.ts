// The limits of every option that is a whole number. One table, read by the validation and by the test of the docs.
import { MAX_RINGS } from '../../kernel/layout.ts';

/** Inclusive limits of a whole number. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const MIB = 1_048_576;
/** The longest delay that a timer of the platform takes. */
const LONGEST_MS = 2_147_483_647;
/** Rings and staging together must stay below the 4 GiB that the kernel can address. */
const MOST_MEMORY_BYTES = 3072 * MIB;

/**
 * By path. From 64 bytes on, a ring of 2 × maxEventBytes also holds the 32-byte header of one longest record.
 */
export const RANGES = {
  shards: { min: 1, max: MAX_RINGS },
  ringCapacity: { min: 1, max: 67_108_864 },
  'batch.maxEvents': { min: 1, max: 67_108_864 },
  'batch.maxDelayMs': { min: 0, max: LONGEST_MS },
  'batch.maxBytes': { min: 1, max: 256 * MIB },
  'backpressure.sample': { min: 1, max: Number.MAX_SAFE_INTEGER },
  'scaling.minShards': { min: 1, max: MAX_RINGS },
  'scaling.maxShards': { min: 1, max: MAX_RINGS },
  'scaling.cooldownMs': { min: 0, max: LONGEST_MS },
  'scaling.drainTimeoutMs': { min: 1, max: LONGEST_MS },
  'scaling.thresholds.windowMs': { min: 100, max: LONGEST_MS },
  ringBytes: { min: 64, max: 2048 * MIB },
  maxEventBytes: { min: 1, max: 256 * MIB },
  maxMemoryBytes: { min: 64, max: MOST_MEMORY_BYTES },
  maxWaitingBytes: { min: 1, max: MOST_MEMORY_BYTES },
  maxHoldMs: { min: 0, max: LONGEST_MS },
  maxClockDriftMs: { min: 0, max: LONGEST_MS },
  adapterTimeoutMs: { min: 1, max: LONGEST_MS },
  'retry.attempts': { min: 1, max: Number.MAX_SAFE_INTEGER },
  'retry.baseDelayMs': { min: 1, max: LONGEST_MS },
  'retry.maxDelayMs': { min: 1, max: LONGEST_MS },
  shutdownTimeoutMs: { min: 1, max: LONGEST_MS },
} as const satisfies Record<string, Range>;

/** The path of an option that is a whole number. */
export type NumberPath = keyof typeof RANGES;
