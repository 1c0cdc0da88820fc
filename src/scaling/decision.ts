// Whether shards should be added or removed: a pure function of measured load, policy and the last change.
// A lane has one batch on its way at a time, so more shards are more batches on their way: they help while round trips
// of the adapter are the limit, and only then. Each other limit has a reason of its own, and changes nothing.
// Invariant: a removal leaves every shard below what adds, even if all that was removed came to one of them.
import type { LastChange } from './last-change.ts';
import type { Load, ShardLoad } from './load.ts';
import type { ResolvedScaling } from './policy.ts';

/** Why nothing should change. */
export type NoScalingReason =
  | 'balanced'
  | 'warming-up'
  | 'changing'
  | 'cooldown'
  | 'adapter-failing'
  | 'skewed'
  | 'no-gain'
  | 'bursts'
  | 'at-maximum'
  | 'at-minimum';

/** What a decision was made from. */
export interface ScalingFigures {
  /** Shards that take events. */
  readonly active: number;
  /** The time over which load was measured, in milliseconds. */
  readonly spanMs: number;
  /** The time since shards came or went, in milliseconds; absent when none ever did. */
  readonly sinceChangeMs?: number;
  readonly minShards: number;
  readonly maxShards: number;
  /** The load of each shard that was there for all of that time. */
  readonly shards: readonly ShardLoad[];
}

interface Explained {
  /** The reason in a sentence, with the numbers that decided. */
  readonly message: string;
  readonly figures: ScalingFigures;
}

/** What `suggestScaling` says. */
export type ScalingDecision =
  | (Explained & { readonly kind: 'none'; readonly reason: NoScalingReason })
  | (Explained & { readonly kind: 'add-shards'; readonly reason: 'overloaded'; readonly count: number })
  | (Explained & { readonly kind: 'remove-shards'; readonly reason: 'underused'; readonly shards: readonly number[] });

export interface ScalingQuestion {
  readonly load: Load;
  readonly policy: ResolvedScaling;
  /** The last time that shards came or went, undefined when they never did. */
  readonly lastChange: LastChange | undefined;
  /** Monotonic. */
  readonly nowMs: number;
}

type Verdict =
  | { readonly kind: 'none'; readonly reason: NoScalingReason; readonly message: string }
  | { readonly kind: 'add-shards'; readonly reason: 'overloaded'; readonly count: number; readonly message: string }
  | {
      readonly kind: 'remove-shards';
      readonly reason: 'underused';
      readonly shards: readonly number[];
      readonly message: string;
    };

/** From this share of failing calls on, more shards would only make more of them. */
const FAILING = 0.1;
/** From this share of the window on, a batch on its way is no round trip but an outage. */
const HANGING = 1 / 3;
/** A shard with more than this many times the typical arrivals has a key, or a few, that no other shard can relieve. */
const SKEW = 2;
/** An addition that brought less than this share of what was to be hoped for was in vain. */
const LEAST_GAIN = 0.25;

/** Whether the round trips of its lane are what limits this shard. */
export function isOverloaded({ fill, busy }: ShardLoad, { thresholds }: ResolvedScaling): boolean {
  return fill >= thresholds.addFill && busy >= thresholds.addBusy;
}

/** What should be done about the number of shards now, and why. */
export function suggestScaling(question: ScalingQuestion): ScalingDecision {
  const { load, policy, lastChange, nowMs } = question;
  const figures: ScalingFigures = Object.freeze({
    active: load.shards.length + load.young.length,
    spanMs: load.spanMs,
    ...(lastChange === undefined ? {} : { sinceChangeMs: nowMs - lastChange.atMs }),
    minShards: policy.minShards,
    maxShards: policy.maxShards,
    shards: load.shards,
  });
  return Object.freeze({ ...verdictOf(question), figures });
}

function verdictOf(question: ScalingQuestion): Verdict {
  const { load, policy } = question;
  if (load.draining.length > 0) return none('changing', `${named(load.draining)} is still being removed.`);
  if (!load.isComplete || load.young.length > 0) {
    const youngest = load.young.length > 0 ? `${named(load.young)} is younger than that` : 'it is not over yet';
    return none('warming-up', `Load counts after a window of ${policy.thresholds.windowMs} ms; ${youngest}.`);
  }
  const failing = load.shards.filter((shard) => isFailing(shard, load.spanMs));
  if (failing.length > 0) {
    const { shard, state, failures, longestMs } = failing[0] as ShardLoad;
    const calls = `${percent(failures)} of its calls failed, one took ${milliseconds(longestMs)} or more`;
    const what = `shard ${shard} is ${state}, ${calls}`;
    return none(
      'adapter-failing',
      `The adapter fails or hangs on ${failing.length} of ${load.shards.length} shards: ${what}.`,
    );
  }
  const overloaded = load.shards.filter((shard) => isOverloaded(shard, policy));
  if (overloaded.length > 0) return addition(question, overloaded);
  const bursting = load.shards.find((each) => each.rejectRate > 0 || each.fill >= policy.thresholds.addFill);
  if (bursting !== undefined) return none('bursts', burstMessage(bursting));
  return removal(question);
}

function addition(question: ScalingQuestion, overloaded: readonly ShardLoad[]): Verdict {
  const { load, policy, lastChange } = question;
  const active = load.shards.length;
  const worst = overloaded.reduce((a, b) => (b.arrivalRate > a.arrivalRate ? b : a));
  const typical = lowerMedian(load.shards.map((shard) => shard.arrivalRate));
  if (overloaded.every((shard) => shard.arrivalRate > SKEW * typical)) {
    const rates = `${rate(worst.arrivalRate)} come to shard ${worst.shard}, ${rate(typical)} to a typical one`;
    return none('skewed', `The load is that of a few keys, which more shards cannot divide: ${rates}.`);
  }
  const what = `${overloaded.length} of ${active} shards are overloaded, such as ${told(worst)}`;
  if (active >= policy.maxShards) return none('at-maximum', `${what}; maxShards is ${policy.maxShards}.`);
  const vain = vainMessage(lastChange, load);
  if (vain !== undefined) return none('no-gain', vain);
  if (isCooling(question)) return none('cooldown', `${what}; ${cooling(question)}.`);
  const count = Math.min(wantedShards(load), policy.maxShards - active);
  return { kind: 'add-shards', reason: 'overloaded', count, message: `${what}.` };
}

/** As many as arrivals ask for, at least a quarter more, at most twice as many as there are. */
function wantedShards({ shards }: Load): number {
  const active = shards.length;
  const served = sum(shards, (shard) => shard.dispatchRate);
  const wanted = served === 0 ? 2 * active : Math.ceil((active * sum(shards, (shard) => shard.arrivalRate)) / served);
  return Math.min(active, Math.max(Math.ceil(active / 4), wanted - active));
}

/** What the last addition brought, when that is next to nothing: the limit lies elsewhere. */
function vainMessage(lastChange: LastChange | undefined, { shards }: Load): string | undefined {
  if (lastChange?.overloadedRate === undefined) return undefined;
  const { overloadedRate, shardsBefore } = lastChange;
  const hoped = overloadedRate * (shards.length / shardsBefore - 1);
  const now = sum(shards, (shard) => shard.dispatchRate);
  if (now >= overloadedRate + LEAST_GAIN * hoped) return undefined;
  const rates = `${rate(overloadedRate)} were dispatched before, ${rate(now)} are now`;
  return `From ${shardsBefore} to ${shards.length} shards brought next to nothing: ${rates}. The limit lies elsewhere.`;
}

function removal(question: ScalingQuestion): Verdict {
  const { load, policy } = question;
  const emptiest = load.shards.toSorted(
    (a, b) =>
      a.busy - b.busy ||
      a.peakFill - b.peakFill ||
      a.arrivalRate - b.arrivalRate ||
      b.idleMs - a.idleMs ||
      b.shard - a.shard,
  );
  const spare = spareShards(emptiest, policy);
  const [least] = emptiest;
  if (spare === 0 || least === undefined) {
    return none('balanced', `No shard is overloaded, and without the emptiest one others would be too busy.`);
  }
  const active = emptiest.length;
  const what = `The rest of ${active} shards can carry what the emptiest do; the emptiest is ${told(least)}`;
  const count = Math.min(spare, active - policy.minShards);
  if (count <= 0) return none('at-minimum', `${what}; minShards is ${policy.minShards}.`);
  if (isCooling(question)) return none('cooldown', `${what}; ${cooling(question)}.`);
  const shards = Object.freeze(emptiest.slice(0, count).map(({ shard }) => shard));
  return { kind: 'remove-shards', reason: 'underused', shards, message: `${what}.` };
}

/**
 * How many of the emptiest can go, at most half, if all that they do came to the busiest and fullest of the rest.
 * Rings are taken at their peaks, which come together when the adapter falters.
 */
function spareShards(emptiest: readonly ShardLoad[], { thresholds }: ResolvedScaling): number {
  let [peak, busy, spare] = [0, 0, 0];
  for (const each of emptiest.slice(0, Math.floor(emptiest.length / 2))) {
    peak += each.peakFill;
    busy += each.busy;
    const rest = emptiest.slice(spare + 1);
    if (busy + Math.max(...rest.map((other) => other.busy)) > thresholds.removeBusy) break;
    if (peak + Math.max(...rest.map((other) => other.peakFill)) > thresholds.removeFill) break;
    spare += 1;
  }
  return spare;
}

function isFailing({ state, failures, longestMs }: ShardLoad, spanMs: number): boolean {
  return state === 'retrying' || state === 'wedged' || failures >= FAILING || longestMs >= HANGING * spanMs;
}

function isCooling({ lastChange, nowMs, policy }: ScalingQuestion): boolean {
  return lastChange !== undefined && nowMs - lastChange.atMs < policy.cooldownMs;
}

function cooling({ lastChange, nowMs, policy }: ScalingQuestion): string {
  return `the last change is ${Math.round(nowMs - (lastChange?.atMs ?? 0))} of ${policy.cooldownMs} ms old`;
}

function none(reason: NoScalingReason, message: string): Verdict {
  return { kind: 'none', reason, message };
}

function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function sum(shards: readonly ShardLoad[], of: (shard: ShardLoad) => number): number {
  return shards.reduce((total, shard) => total + of(shard), 0);
}

function burstMessage(load: ShardLoad): string {
  const rejected = `${rate(load.rejectRate)} found no room`;
  const why = 'Rings fill up at times, though no lane is overloaded: events come in bursts, or the adapter pauses';
  return `${why}. Such as ${told(load)}; ${rejected}. Raise ringCapacity, or let the event loop turn more often.`;
}

function told({ shard, busy, fill, peakFill, dispatchMs, roundTripMs, idleMs }: ShardLoad): string {
  const times =
    dispatchMs === undefined || roundTripMs === undefined
      ? `idle for ${milliseconds(idleMs)}`
      : `a batch takes ${milliseconds(roundTripMs)}, ${milliseconds(dispatchMs)} from when it is due`;
  return `shard ${shard} (busy ${percent(busy)} of the time, ring ${percent(fill)} full, at most ${percent(peakFill)}, ${times})`;
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function named(shards: readonly number[]): string {
  return shards.length === 1 ? `shard ${shards[0]}` : `each of the shards ${shards.join(', ')}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function rate(perSecond: number): string {
  return `${Math.round(perSecond)} events/s`;
}
