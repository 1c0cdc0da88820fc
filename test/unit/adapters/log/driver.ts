// The calls that the tests of the log share, and folders that are gone after each test file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Adapter, AdapterContext, Batch, ShardPage, ShardQuery } from '../../../../src/adapter/contract.ts';
import type { Finding } from '../../../../src/adapter/finding.ts';
import { type LogOptions, log } from '../../../../src/adapters/log/index.ts';

export const { signal } = new AbortController();

const root = mkdtempSync(join(tmpdir(), 'meshbus-log-'));
let count = 0;
const opened = new Set<Adapter>();

afterEach(async () => {
  for (const adapter of opened) await adapter.shutdown({ signal });
  opened.clear();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A path at which there is nothing yet. */
export function freshFolder(): string {
  count += 1;
  return join(root, `log-${count}`);
}

export interface OpenLogOptions extends LogOptions {
  readonly findings?: Finding[];
  readonly now?: () => bigint;
}

/** Opens a log, which the end of the test closes unless the test did. */
export async function open(folder: string, { findings, now, ...options }: OpenLogOptions = {}): Promise<Adapter> {
  const adapter = log(folder, options).create();
  const context: AdapterContext = {
    producer: 'p',
    now: now ?? (() => BigInt(Date.now()) * 1_000_000n),
    report: (finding) => findings?.push(finding),
  };
  await adapter.init(context);
  opened.add(adapter);
  return adapter;
}

export async function close(adapter: Adapter): Promise<void> {
  opened.delete(adapter);
  await adapter.shutdown({ signal });
}

export async function put(adapter: Adapter, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) await adapter.onBatch(batch, { signal });
}

export function poll(adapter: Adapter, shard = 0, asked: Partial<ShardQuery> = {}): Promise<ShardPage> {
  return adapter.pollShard(shard, { after: undefined, limit: 100_000, maxBytes: 2 ** 30, signal, ...asked });
}

export function texts(page: ShardPage): string[] {
  return page.records.map((record) => Buffer.from(record.bytes).toString());
}

/** Every payload of a shard, page after page of `limit`. */
export async function allTexts(adapter: Adapter, shard = 0, limit = 100_000): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await poll(adapter, shard, { after, limit });
    found.push(...texts(page));
    if (!page.hasMore || page.next === after) return found;
    after = page.next;
  }
}

export function flush(adapter: Adapter): Promise<void> {
  return adapter.flush({ signal });
}

/** `count` payloads that differ, each of about `bytes` bytes. */
export function numbered(from: number, count: number, bytes = 16): string[] {
  return Array.from({ length: count }, (_, nth) => `event-${from + nth}`.padEnd(bytes, '.'));
}
