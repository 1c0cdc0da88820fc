// Validates what `poll` and `subscribe` are asked, and brings it into the one form that the reading works on.
// Invariant: a plan is valid, and shares nothing mutable with the caller. The hop after: poller.ts.
import { ConsumerError } from '../errors/consumer-error.ts';
import { optionsOf } from './consume-request.ts';
import { toJsonForm } from './filter.ts';
import { compile, type RecordTest } from './filter-match.ts';
import { nodeOf } from './filter-node.ts';
import { Ordering } from './ordering.ts';

/** The most events that one page may have. */
export const MAX_LIMIT = 100_000;
const MAX_SHARD = 65_535;
const MAX_STAMP = 0xffff_ffff_ffff_ffffn;
const POLL_KEYS = ['limit', 'from', 'filter', 'ordering', 'shards'] as const;

/** Where a plan starts. */
export type PlanStart =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'time'; readonly timestampNs: bigint }
  | { readonly kind: 'cursor'; readonly cursor: string };

/** A valid request. */
export interface PollPlan {
  readonly limit: number;
  readonly start: PlanStart;
  readonly test: RecordTest | undefined;
  readonly ordering: Ordering;
  /** Ascending and without repetition; undefined for all. */
  readonly shards: readonly number[] | undefined;
}

/** @throws ConsumerError InvalidRequest or InvalidFilter, naming the option. */
export function planOf(request: unknown): PollPlan {
  const options = knownOptions(optionsOf(request), POLL_KEYS);
  return planWithLimit(options, options.limit, { name: 'limit', min: 0 });
}

/** The options of an object that has no other keys than these. @throws ConsumerError InvalidRequest. */
export function knownOptions(options: unknown, keys: readonly string[]): Record<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(`a request is a ConsumeRequest or an object of ${keys.join(', ')}; got ${show(options)}`);
  }
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw invalid(`the option ${unknown} is unknown; there are ${keys.join(', ')}`);
  return options as Record<string, unknown>;
}

/** A plan of options whose limit goes by another name. */
export function planWithLimit(
  options: Record<string, unknown>,
  limit: unknown,
  { name, min }: { readonly name: string; readonly min: number },
): PollPlan {
  if (!isWhole(limit, MAX_LIMIT) || limit < min) {
    throw invalid(`${name} is a whole number from ${min} to ${MAX_LIMIT}; got ${show(limit)}`);
  }
  return {
    limit,
    start: startOf(options.from),
    test: options.filter === undefined ? undefined : compile(nodeOf(toJsonForm(options.filter))),
    ordering: orderingOf(options.ordering),
    shards: shardsOf(options.shards),
  };
}

function startOf(from: unknown): PlanStart {
  if (from === undefined || from === 'earliest') return { kind: 'earliest' };
  if (from === 'latest') return { kind: 'latest' };
  if (typeof from === 'string') return { kind: 'cursor', cursor: from };
  if (typeof from !== 'object' || from === null || Object.keys(from).some((key) => key !== 'timestamp')) {
    throw invalid(`from is a cursor, 'earliest', 'latest' or { timestamp }; got ${show(from)}`);
  }
  return { kind: 'time', timestampNs: stampOf((from as { timestamp?: unknown }).timestamp) };
}

function stampOf(timestamp: unknown): bigint {
  const stamp = isDate(timestamp) ? nanoseconds(timestamp.getTime()) : timestamp;
  if (typeof stamp !== 'bigint' || stamp > MAX_STAMP) {
    throw invalid(`from.timestamp is a valid Date or a bigint of nanoseconds since 1970; got ${show(timestamp)}`);
  }
  // Before 1970 no event was ever stamped: such a time and the epoch mean the same.
  return stamp < 0n ? 0n : stamp;
}

function nanoseconds(milliseconds: number): bigint | undefined {
  return Number.isInteger(milliseconds) ? BigInt(milliseconds) * 1_000_000n : undefined;
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function orderingOf(ordering: unknown): Ordering {
  switch (ordering) {
    case undefined:
    case Ordering.Sequence:
      return Ordering.Sequence;
    case Ordering.Timestamp:
      return Ordering.Timestamp;
    default:
      throw invalid(`ordering is 'sequence' or 'timestamp'; got ${show(ordering)}`);
  }
}

function shardsOf(shards: unknown): readonly number[] | undefined {
  if (shards === undefined) return undefined;
  if (!Array.isArray(shards)) throw invalid(`shards is an array of shard ids; got ${show(shards)}`);
  const ids = new Set<number>();
  for (const shard of shards as unknown[]) {
    if (!isWhole(shard, MAX_SHARD))
      throw invalid(`a shard id is a whole number from 0 to ${MAX_SHARD}; got ${show(shard)}`);
    ids.add(shard);
  }
  return [...ids].sort((a, b) => a - b);
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Short, and never a payload or a secret: texts and objects are told by their kind. */
function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'undefined') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return isDate(value) ? 'an invalid Date' : `a ${typeof value}`;
}

function invalid(message: string): ConsumerError {
  return new ConsumerError('InvalidRequest', message);
}
