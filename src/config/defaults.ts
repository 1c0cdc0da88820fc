// What an option is when it is not given. The one place that holds defaults; the adapter's is in validate.ts, since
// it is made, not written down.
import { MAX_META_BYTES, RECORD_HEADER_BYTES } from '../../kernel/layout.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** By path. Options without an entry have no default, or one that follows from others. */
export const DEFAULTS = {
  shards: 4,
  ringCapacity: 16 * KIB,
  'batch.maxEvents': 8 * KIB,
  'batch.maxDelayMs': 1,
  'batch.maxBytes': MIB,
  backpressure: 'drop-newest',
  scaling: false,
  'scaling.minShards': 1,
  'scaling.automatic': false,
  'scaling.cooldownMs': 30_000,
  'scaling.drainTimeoutMs': 30_000,
  'scaling.thresholds.addFill': 0.5,
  'scaling.thresholds.addBusy': 0.9,
  'scaling.thresholds.removeFill': 0.2,
  'scaling.thresholds.removeBusy': 0.5,
  'scaling.thresholds.windowMs': 10_000,
  maxEventBytes: MIB,
  maxMemoryBytes: GIB,
  maxWaitingBytes: 64 * MIB,
  maxHoldMs: 5000,
  maxClockDriftMs: 60_000,
  adapterTimeoutMs: 30_000,
  'retry.attempts': 'unlimited',
  'retry.baseDelayMs': 10,
  'retry.maxDelayMs': 5000,
  shutdownTimeoutMs: 30_000,
} as const;

/** What a ring holds per event of its capacity when `ringBytes` is not given. */
export const RING_BYTES_PER_EVENT = 232;

/**
 * The bytes of a ring when they are not given: the larger of 232 bytes for each event of its capacity and two records
 * of the longest payload with the longest key and headers, rounded up to a power of two.
 */
export function defaultRingBytes(ringCapacity: number, maxEventBytes: number): number {
  const longestRecord = RECORD_HEADER_BYTES + MAX_META_BYTES + maxEventBytes;
  const needed = Math.max(RING_BYTES_PER_EVENT * ringCapacity, 2 * longestRecord);
  let bytes = 1;
  while (bytes < needed) bytes *= 2;
  return bytes;
}
