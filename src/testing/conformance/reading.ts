// The calls by which the cases write and read, and what they compare.
import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Batch, EventView, ShardPage, StoredRecord } from '../../adapter/contract.ts';
import type { OpenAdapter } from './subject.ts';

const MANY = 100_000;

/** What a case asks of one page; everything when left out. */
export interface Asked {
  readonly after?: string | undefined;
  readonly limit?: number;
  readonly maxBytes?: number;
}

export async function put(open: OpenAdapter, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) await open.adapter.onBatch(batch, { signal: open.signal });
}

export function poll(open: OpenAdapter, shard: number, asked: Asked = {}): Promise<ShardPage> {
  const { after, limit = MANY, maxBytes = Number.MAX_SAFE_INTEGER } = asked;
  return open.adapter.pollShard(shard, { after, limit, maxBytes, signal: open.signal });
}

export function tail(open: OpenAdapter, shard: number): Promise<string | undefined> {
  return open.adapter.tail(shard, { signal: open.signal });
}

/** All records of a shard, page after page. */
export async function pollAll(open: OpenAdapter, shard: number, asked: Asked = {}): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let after = asked.after;
  for (;;) {
    const page = await poll(open, shard, { ...asked, after });
    records.push(...page.records);
    ok(!page.hasMore || page.next !== after, 'a page with more to come moves on');
    after = page.next;
    if (!page.hasMore) return records;
  }
}

/** What an event is, as plain data. */
export function facts(event: EventView): Record<string, unknown> {
  return {
    sequence: event.sequence,
    timestampNs: event.timestampNs,
    hash: event.hash,
    key: event.key,
    headers: event.headers === undefined ? undefined : Object.entries(event.headers),
    bytes: Buffer.from(event.bytes).toString('hex'),
  };
}

/** @throws AssertionError unless the records are those of the batches, in order and unchanged */
export function assertSame(records: readonly StoredRecord[], batches: readonly Batch[]): void {
  const expected = batches.flatMap((batch) =>
    [...batch].map((event) => ({ ...facts(event), producer: batch.producer })),
  );
  deepStrictEqual(
    records.map((record) => ({ ...facts(record), producer: record.producer })),
    expected,
  );
}

/** `count` small payloads that differ. */
export function payloads(count: number, prefix = 'event'): string[] {
  return Array.from({ length: count }, (_, nth) => `${prefix}-${nth}`);
}
