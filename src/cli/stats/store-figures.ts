// What `stats` knows of a store at one moment, and its two forms. Invariant: what a store does not tell is shown as
// unknown and never counted as nothing.
import type { ShardInfo } from '../../adapter/contract.ts';
import { counted, grouped, sized } from '../text.ts';

const UNKNOWN = 'unknown';

export class StoreFigures {
  readonly url: string;
  readonly storeId: string;
  readonly shards: readonly ShardInfo[];
  readonly takenMs: number;

  constructor(parts: Pick<StoreFigures, 'url' | 'storeId' | 'shards' | 'takenMs'>) {
    this.url = parts.url;
    this.storeId = parts.storeId;
    this.shards = parts.shards;
    this.takenMs = parts.takenMs;
  }

  get events(): number | undefined {
    return sum(this.shards.map(({ events }) => events));
  }

  get bytes(): number | undefined {
    return sum(this.shards.map(({ bytes }) => bytes));
  }

  get oldestNs(): bigint | undefined {
    return this.#stamps('oldestTimestampNs')[0];
  }

  get newestNs(): bigint | undefined {
    return this.#stamps('newestTimestampNs').at(-1);
  }

  /** Events and bytes a second since an earlier look; undefined when either look does not know. */
  growthSince(before: StoreFigures): { readonly events: number; readonly bytes: number } | undefined {
    const seconds = (this.takenMs - before.takenMs) / 1000;
    const { events, bytes } = this;
    if (events === undefined || bytes === undefined || before.events === undefined || before.bytes === undefined) {
      return undefined;
    }
    return seconds > 0
      ? { events: (events - before.events) / seconds, bytes: (bytes - before.bytes) / seconds }
      : undefined;
  }

  toJSON(): Record<string, unknown> {
    const { url, storeId, events, bytes, oldestNs, newestNs, shards } = this;
    return {
      url,
      storeId,
      events: events ?? null,
      bytes: bytes ?? null,
      oldest: isoOf(oldestNs) ?? null,
      newest: isoOf(newestNs) ?? null,
      shards: shards.map((each) => ({
        shard: each.shard,
        state: stateOf(each),
        events: each.events ?? null,
        bytes: each.bytes ?? null,
        oldest: isoOf(each.oldestTimestampNs) ?? null,
        newest: isoOf(each.newestTimestampNs) ?? null,
      })),
    };
  }

  /** The view for people: totals, then a row for each open shard, and one for all that are sealed. */
  text(before?: StoreFigures): string {
    const growth = before === undefined ? undefined : this.growthSince(before);
    const lines = [
      this.url,
      `events  ${shown(this.events, grouped)}`,
      `bytes   ${shown(this.bytes, sized)}`,
      `shards  ${grouped(this.shards.length)}${states(this.shards)}`,
      `oldest  ${isoOf(this.oldestNs) ?? 'none'}`,
      `newest  ${isoOf(this.newestNs) ?? 'none'}`,
    ];
    if (before !== undefined) {
      lines.push(`growth  ${growth ? `${counted(growth.events, 'event')}/s, ${sized(growth.bytes)}/s` : UNKNOWN}`);
    }
    return [...lines, ...shardRows(this.shards)].join('\n');
  }

  /** Ascending. */
  #stamps(name: 'oldestTimestampNs' | 'newestTimestampNs'): bigint[] {
    return this.shards.flatMap((each) => each[name] ?? []).sort((a, b) => (a < b ? -1 : 1));
  }
}

function shardRows(shards: readonly ShardInfo[]): string[] {
  if (shards.length === 0) return [];
  const sealed = shards.filter((each) => each.sealed);
  const rows = shards.filter((each) => !each.sealed).map((each) => shardRow(String(each.shard), [each]));
  if (sealed.length > 0) rows.push(shardRow(rangesOf(sealed), sealed));
  const table = [['shard', 'state', 'events', 'bytes', 'newest'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
  return [
    '',
    ...table.map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] as number;
        return column === 2 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
      });
      return cells.join('  ').trimEnd();
    }),
  ];
}

/** Shards of one state together. */
function shardRow(name: string, shards: readonly ShardInfo[]): string[] {
  const newest = shards.flatMap(({ newestTimestampNs }) => newestTimestampNs ?? []).sort((a, b) => (a < b ? -1 : 1));
  return [
    name,
    stateOf(shards[0] as ShardInfo),
    shown(sum(shards.map(({ events }) => events)), grouped),
    shown(sum(shards.map(({ bytes }) => bytes)), sized),
    isoOf(newest.at(-1)) ?? '',
  ];
}

/** 0, 1, 2 and 7 as 0-2, 7. */
function rangesOf(shards: readonly ShardInfo[]): string {
  const ids = shards.map(({ shard }) => shard).sort((a, b) => a - b);
  const starts = ids.filter((id) => !ids.includes(id - 1));
  const ends = ids.filter((id) => !ids.includes(id + 1));
  return starts.map((start, nth) => (ends[nth] === start ? `${start}` : `${start}-${ends[nth]}`)).join(', ');
}

function states(shards: readonly ShardInfo[]): string {
  const sealed = shards.filter((each) => each.sealed).length;
  return shards.length === 0 ? '' : ` (${grouped(shards.length - sealed)} open, ${grouped(sealed)} sealed)`;
}

function stateOf({ sealed }: ShardInfo): string {
  return sealed ? 'sealed' : 'open';
}

function isoOf(stampNs: bigint | undefined): string | undefined {
  return stampNs === undefined ? undefined : new Date(Number(stampNs / 1_000_000n)).toISOString();
}

function shown(value: number | undefined, form: (value: number) => string): string {
  return value === undefined ? UNKNOWN : form(value);
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}
