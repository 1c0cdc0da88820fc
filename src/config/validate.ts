// From options to what they come to: the one place that decides whether a configuration is valid.
// Invariant: every fault is found before any is thrown, nothing is clamped, and the caller's object is neither kept
// nor changed. Read by EventBusConfig, which is what the rest of the bus gets to see.
import { noop } from '../adapters/noop/index.ts';
import { readAdapter } from './adapter-option.ts';
import { plainBatch } from './batch-config.ts';
import { DEFAULTS } from './defaults.ts';
import { FaultList } from './fault-list.ts';
import type {
  Backpressure,
  DeadLetterHook,
  EventBusOptions,
  ResolvedBatch,
  ResolvedOptions,
  ResolvedRetry,
} from './options.ts';
import { readScaling } from './scaling.ts';
import { Section } from './section.ts';
import { readSizes } from './sizes.ts';

/** Marks the configuration of any copy of the package: its fields are options. */
export const CONFIG_MARK = Symbol.for('meshbus.EventBusConfig');

/** Every option, in the order of the documentation. */
export const OPTION_NAMES = [
  'shards',
  'ringCapacity',
  'batch',
  'backpressure',
  'adapter',
  'scaling',
  'producerNoncePath',
  'ringBytes',
  'maxEventBytes',
  'maxMemoryBytes',
  'maxWaitingBytes',
  'maxHoldMs',
  'maxClockDriftMs',
  'adapterTimeoutMs',
  'retry',
  'shutdownTimeoutMs',
  'onDeadLetter',
] as const satisfies readonly (keyof EventBusOptions)[];

export const BATCH_NAMES = ['maxEvents', 'maxDelayMs', 'maxBytes'] as const;
export const RETRY_NAMES = ['attempts', 'baseDelayMs', 'maxDelayMs'] as const;

/** Complete, frozen options. @throws ConfigError EBUS_CONFIG_INVALID with every fault. */
export function validate<M extends Backpressure>(options: EventBusOptions<M>): ResolvedOptions<M> {
  const faults = new FaultList();
  const section = Section.read(options, { path: '', known: OPTION_NAMES, mark: CONFIG_MARK }, faults);
  const sizes = readSizes(section, faults);
  const resolved = {
    ...sizes,
    batch: readBatch(section.get('batch'), faults),
    backpressure: readBackpressure(section.get('backpressure'), faults),
    adapter: section.get('adapter') === undefined ? noop() : readAdapter(section.get('adapter'), faults),
    scaling: readScaling(section.get('scaling'), sizes, faults),
    producerNoncePath: readPath(section.get('producerNoncePath'), faults),
    maxWaitingBytes: section.wholeNumber('maxWaitingBytes', DEFAULTS.maxWaitingBytes),
    maxHoldMs: section.wholeNumber('maxHoldMs', DEFAULTS.maxHoldMs),
    maxClockDriftMs: section.wholeNumber('maxClockDriftMs', DEFAULTS.maxClockDriftMs),
    adapterTimeoutMs: section.wholeNumber('adapterTimeoutMs', DEFAULTS.adapterTimeoutMs),
    retry: readRetry(section.get('retry'), faults),
    shutdownTimeoutMs: section.wholeNumber('shutdownTimeoutMs', DEFAULTS.shutdownTimeoutMs),
    onDeadLetter: readHook(section.get('onDeadLetter'), faults),
  };
  faults.throwIfAny();
  // Without a fault no value is missing, and the mode is the one that M was inferred from.
  return Object.freeze(resolved) as ResolvedOptions<M>;
}

function readBatch(value: unknown, faults: FaultList): ResolvedBatch {
  const batch = Section.read(plainBatch(value), { path: 'batch', known: BATCH_NAMES }, faults);
  return Object.freeze({
    maxEvents: batch.wholeNumber('maxEvents', DEFAULTS['batch.maxEvents']),
    maxDelayMs: batch.wholeNumber('maxDelayMs', DEFAULTS['batch.maxDelayMs']),
    maxBytes: batch.wholeNumber('maxBytes', DEFAULTS['batch.maxBytes']),
  }) as ResolvedBatch;
}

function readRetry(value: unknown, faults: FaultList): ResolvedRetry {
  const retry = Section.read(value, { path: 'retry', known: RETRY_NAMES }, faults);
  const unlimited = retry.get('attempts') === 'unlimited';
  const resolved = {
    attempts: unlimited ? 'unlimited' : retry.wholeNumber('attempts', DEFAULTS['retry.attempts'], " or 'unlimited'"),
    baseDelayMs: retry.wholeNumber('baseDelayMs', DEFAULTS['retry.baseDelayMs']),
    maxDelayMs: retry.wholeNumber('maxDelayMs', DEFAULTS['retry.maxDelayMs']),
  };
  const { baseDelayMs, maxDelayMs } = resolved;
  if (baseDelayMs !== undefined && maxDelayMs !== undefined && baseDelayMs > maxDelayMs) {
    faults.add('retry.baseDelayMs', `at most retry.maxDelayMs, which is ${maxDelayMs}`, baseDelayMs);
  }
  return Object.freeze(resolved) as ResolvedRetry;
}

function readBackpressure(value: unknown, faults: FaultList): Backpressure | undefined {
  if (value === undefined) return DEFAULTS.backpressure;
  if (value === 'block' || value === 'drop-oldest' || value === 'drop-newest') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.add('backpressure', "'block', 'drop-oldest', 'drop-newest' or { sample: rate }", value);
    return undefined;
  }
  const mode = Section.read(value, { path: 'backpressure', known: ['sample'] }, faults);
  const sample = mode.wholeNumber('sample', undefined);
  if (mode.get('sample') === undefined) {
    faults.add('backpressure.sample', 'the rate, a whole number from 1', undefined);
  }
  return sample === undefined ? undefined : Object.freeze({ sample });
}

function readPath(value: unknown, faults: FaultList): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '' && !value.includes('\0'))) return value;
  faults.add('producerNoncePath', 'the path of a file, a string that is not empty', value);
  return undefined;
}

function readHook(value: unknown, faults: FaultList): DeadLetterHook | undefined {
  if (value === undefined || typeof value === 'function') return value as DeadLetterHook | undefined;
  faults.add('onDeadLetter', 'a function (batch, error)', value);
  return undefined;
}
