// The option `scaling`: `false` or a policy, and what both come to. Contradictions with one another and with the sizes
// of the bus are faults; they are reported only between values that are valid in themselves.
import { plainScaling, type ResolvedScaling } from '../scaling/policy.ts';
import { DEFAULTS } from './defaults.ts';
import { FaultList } from './fault-list.ts';
import type { ResolvedOptions } from './options.ts';
import { RANGES } from './ranges.ts';
import { Section } from './section.ts';

export const SCALING_NAMES = [
  'minShards',
  'maxShards',
  'automatic',
  'cooldownMs',
  'drainTimeoutMs',
  'thresholds',
] as const;
export const THRESHOLD_NAMES = ['addFill', 'addBusy', 'removeFill', 'removeBusy', 'windowMs'] as const;

/** What the limits of a policy have to agree with; undefined after a fault. */
export interface Sizes {
  readonly shards: number | undefined;
  readonly ringBytes: number | undefined;
  readonly maxMemoryBytes: number | undefined;
}

type Thresholds = ResolvedScaling['thresholds'];
type Incomplete<T> = { readonly [K in keyof T]: T[K] | undefined };

/** The policy, or `false` without one; after a fault, anything. */
export function readScaling(value: unknown, sizes: Sizes, faults: FaultList): false | ResolvedScaling {
  const plain = plainScaling(value);
  if (plain === undefined || plain === false) return false;
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    faults.add('scaling', 'false or a policy, such as { minShards, maxShards, automatic: true }', value);
    return false;
  }
  const section = Section.read(plain, { path: 'scaling', known: SCALING_NAMES }, faults);
  const given = section.wholeNumber('maxShards', 'default');
  const resolved = {
    minShards: section.wholeNumber('minShards', DEFAULTS['scaling.minShards']),
    maxShards: given === 'default' ? mostShards(sizes) : given,
    automatic: section.flag('automatic', DEFAULTS['scaling.automatic']),
    cooldownMs: section.wholeNumber('cooldownMs', DEFAULTS['scaling.cooldownMs']),
    drainTimeoutMs: section.wholeNumber('drainTimeoutMs', DEFAULTS['scaling.drainTimeoutMs']),
    thresholds: readThresholds(section.get('thresholds'), faults),
  };
  checkBounds(resolved, { sizes, isGiven: given !== 'default', faults });
  return Object.freeze(resolved) as ResolvedScaling;
}

/** The policy of a configuration; while `scaling` is false, the defaults with the bounds 1 and 256, by hand alone. */
export function scalingOf(config: ResolvedOptions): ResolvedScaling {
  if (config.scaling !== false) return config.scaling;
  const defaults = readScaling({}, config, new FaultList()) as ResolvedScaling;
  return Object.freeze({ ...defaults, minShards: RANGES.shards.min, maxShards: RANGES.shards.max });
}

function readThresholds(value: unknown, faults: FaultList): Thresholds {
  const section = Section.read(value, { path: 'scaling.thresholds', known: THRESHOLD_NAMES }, faults);
  const thresholds = {
    addFill: section.share('addFill', DEFAULTS['scaling.thresholds.addFill']),
    addBusy: section.share('addBusy', DEFAULTS['scaling.thresholds.addBusy']),
    removeFill: section.share('removeFill', DEFAULTS['scaling.thresholds.removeFill']),
    removeBusy: section.share('removeBusy', DEFAULTS['scaling.thresholds.removeBusy']),
    windowMs: section.wholeNumber('windowMs', DEFAULTS['scaling.thresholds.windowMs']),
  };
  for (const [remove, add] of [['removeFill', 'addFill'] as const, ['removeBusy', 'addBusy'] as const]) {
    const [low, high] = [thresholds[remove], thresholds[add]];
    if (low === undefined || high === undefined || low < high) continue;
    faults.add(`scaling.thresholds.${remove}`, `less than scaling.thresholds.${add}, which is ${high}`, low);
  }
  return Object.freeze(thresholds) as Thresholds;
}

function mostShards({ ringBytes, maxMemoryBytes }: Sizes): number | undefined {
  if (ringBytes === undefined || maxMemoryBytes === undefined) return undefined;
  return Math.min(RANGES.shards.max, Math.floor(maxMemoryBytes / ringBytes));
}

function checkBounds(
  { minShards, maxShards }: Incomplete<ResolvedScaling>,
  { sizes, isGiven, faults }: { sizes: Sizes; isGiven: boolean; faults: FaultList },
): void {
  const { shards, ringBytes, maxMemoryBytes } = sizes;
  if (minShards !== undefined && shards !== undefined && minShards > shards) {
    faults.add('scaling.minShards', `at most shards, which is ${shards}`, minShards);
  }
  if (!isGiven || maxShards === undefined) return;
  if (minShards !== undefined && minShards > maxShards) {
    faults.add('scaling.minShards', `at most scaling.maxShards, which is ${maxShards}`, minShards);
  }
  if (shards !== undefined && shards > maxShards) {
    faults.add('scaling.maxShards', `at least shards, which is ${shards}`, maxShards);
  }
  if (ringBytes === undefined || maxMemoryBytes === undefined || maxShards * ringBytes <= maxMemoryBytes) return;
  if (shards !== undefined && shards * ringBytes > maxMemoryBytes) return; // told of maxMemoryBytes already
  const fit = Math.floor(maxMemoryBytes / ringBytes);
  const sum = `${maxShards} × ${ringBytes} = ${maxShards * ringBytes}`;
  faults.add('scaling.maxShards', `at most ${fit}: × ringBytes it is ${sum}, over maxMemoryBytes`, maxShards);
}
