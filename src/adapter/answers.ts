// What an adapter's answers must look like before the bus believes them: an adapter may be plain JavaScript.
// Invariant: what passes has the shape of the contract; anything else is Fatal and says which call, and what is wrong.
// Hop before: the guard, at each answer of a read.
import { types } from 'node:util';
import { AdapterError } from '../errors/adapter-error.ts';
import { FrameRecord } from '../frame/record.ts';
import type { ShardInfo, ShardPage } from './contract.ts';

const MAX_SHARD = 65_535;
const MAX_STAMP = 0xffff_ffff_ffff_ffffn;
const REASONS: readonly unknown[] = ['trimmed', 'dropped', 'lost'];

type Fields = Readonly<Record<string, unknown>>;

/** An answer of `pollShard`. @throws AdapterError Fatal, when it is no page of this shard. */
export function shardPage(page: unknown, shard: number, adapter: string): ShardPage {
  const fault = faultOfPage(page, shard);
  if (fault === undefined) return page as ShardPage;
  throw new AdapterError('Fatal', `${adapter} pollShard resolved to what is no page of shard ${shard}: ${fault}`);
}

/** An answer of `tail` or `seek`. @throws AdapterError Fatal, when it is neither a string nor undefined. */
export function shardPosition(position: unknown, call: 'tail' | 'seek', where: string): string | undefined {
  if (isTextOrAbsent(position)) return position;
  const message = `${where} ${call} resolved to what is no position: it is a string or undefined, got ${kindOf(position)}`;
  throw new AdapterError('Fatal', message);
}

/** An answer of `listShards`. @throws AdapterError Fatal, when it is no list of shards. */
export function shardList(list: unknown, adapter: string): readonly ShardInfo[] {
  const fault = faultOfList(list);
  if (fault === undefined) return list as readonly ShardInfo[];
  throw new AdapterError('Fatal', `${adapter} listShards resolved to what is no list of shards: ${fault}`);
}

function faultOfPage(page: unknown, shard: number): string | undefined {
  if (!isObject(page)) return `it is ${kindOf(page)}`;
  const { records, next, hasMore, sealed } = page;
  if (!Array.isArray(records)) return `records is an array, got ${kindOf(records)}`;
  if (!isTextOrAbsent(next)) return `next is a string or undefined, got ${kindOf(next)}`;
  if (typeof hasMore !== 'boolean') return `hasMore is a boolean, got ${kindOf(hasMore)}`;
  if (sealed !== undefined && typeof sealed !== 'boolean') return `sealed is a boolean, got ${kindOf(sealed)}`;
  for (let index = 0; index < records.length; index += 1) {
    const record: unknown = records[index];
    // Ours have the shape by their class, and reading all fields of each would cost more than the page itself.
    const fault = record instanceof FrameRecord ? undefined : faultOfRecord(record);
    if (fault !== undefined) return `record ${index}: ${fault}`;
  }
  return page.gap === undefined ? undefined : faultOfGap(page.gap, shard);
}

function faultOfRecord(record: unknown): string | undefined {
  if (!isObject(record)) return `it is ${kindOf(record)}`;
  const { position, producer, sequence, timestampNs, bytes, lostBefore } = record;
  if (typeof position !== 'string') return `position is a string, got ${kindOf(position)}`;
  if (typeof producer !== 'string') return `producer is a string, got ${kindOf(producer)}`;
  if (!isCount(sequence)) return `sequence is a whole number, 0 or more, got ${kindOf(sequence)}`;
  if (typeof timestampNs !== 'bigint') return `timestampNs is a bigint, got ${kindOf(timestampNs)}`;
  if (timestampNs < 0n || timestampNs > MAX_STAMP) return 'timestampNs is a bigint from 0 to 2^64 - 1';
  if (!types.isUint8Array(bytes)) return `bytes is a Uint8Array, got ${kindOf(bytes)}`;
  if (lostBefore !== undefined && !isCount(lostBefore))
    return `lostBefore is a whole number, got ${kindOf(lostBefore)}`;
  return undefined;
}

function faultOfGap(gap: unknown, shard: number): string | undefined {
  if (!isObject(gap)) return `gap is an object or undefined, got ${kindOf(gap)}`;
  if (gap.shard !== shard) return 'gap.shard is another shard';
  if (!REASONS.includes(gap.reason)) return `gap.reason is one of ${REASONS.join(', ')}, got ${kindOf(gap.reason)}`;
  return undefined;
}

function faultOfList(list: unknown): string | undefined {
  if (!Array.isArray(list)) return `it is ${kindOf(list)}`;
  for (const [index, info] of (list as unknown[]).entries()) {
    if (!isObject(info)) return `entry ${index} is ${kindOf(info)}`;
    const { shard, sealed } = info;
    if (!isCount(shard) || shard > MAX_SHARD) {
      return `entry ${index}: shard is a whole number from 0 to ${MAX_SHARD}, got ${kindOf(shard)}`;
    }
    if (typeof sealed !== 'boolean') return `entry ${index}: sealed is a boolean, got ${kindOf(sealed)}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** Numbers as they are, anything else by its kind: an answer may hold payloads. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
