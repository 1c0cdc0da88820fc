// A bus, or a bare adapter, over a real Redis, and a plain client beside it, for tests that look at what is stored.
import { createClient } from 'redis';
import type { Adapter, Gap, StoredRecord } from '../../src/adapter/contract.ts';
import type { Finding } from '../../src/adapter/finding.ts';
import { type RedisOptions, redis } from '../../src/adapters/redis/index.ts';

/** The signal of calls that are never aborted. */
export const NEVER = new AbortController().signal;

/** An adapter that is open, and what it has reported. */
export interface OpenRedis {
  readonly adapter: Adapter;
  readonly findings: Finding[];
}

/** Opens an adapter by itself, without a bus. */
export async function openRedis(url: string, options: RedisOptions = {}, producer = 'aa-01'): Promise<OpenRedis> {
  const adapter = redis(url, options).create();
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  await adapter.init({ producer, now: () => BigInt(Date.now()) * 1_000_000n, report });
  return { adapter, findings };
}

/** A plain client of the official package. */
export async function plainClient(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined); // Tests kill its server.
  await client.connect();
  return client;
}

/** All that is left to read of a shard, and the gaps on the way. */
export async function readAll(
  adapter: Adapter,
  shard = 0,
  { after, limit = 1000 }: { readonly after?: string | undefined; readonly limit?: number } = {},
): Promise<{ records: StoredRecord[]; gaps: Gap[]; next: string | undefined }> {
  const records: StoredRecord[] = [];
  const gaps: Gap[] = [];
  for (let next = after; ; ) {
    const page = await adapter.pollShard(shard, { after: next, limit, maxBytes: 2 ** 30, signal: NEVER });
    records.push(...page.records);
    if (page.gap !== undefined) gaps.push(page.gap);
    next = page.next;
    if (!page.hasMore) return { records, gaps, next };
  }
}

/** The payloads of records as text. */
export function texts(records: readonly StoredRecord[]): string[] {
  return records.map((record) => Buffer.from(record.bytes).toString());
}
