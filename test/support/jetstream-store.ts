// JetStream adapters over a real server, opened without a bus, and what tests read from them.
import type { Adapter, Gap, StoredRecord, StoreInfo } from '../../src/adapter/contract.ts';
import type { Finding } from '../../src/adapter/finding.ts';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';

export const NEVER = new AbortController().signal;

export interface OpenedJetStream {
  readonly adapter: Adapter;
  readonly info: StoreInfo;
  /** What the adapter has reported. */
  readonly findings: Finding[];
  close(): Promise<void>;
}

/** A producer's name as a bus makes them. */
export const PRODUCER = '00000000000000aa-0000000000000001';

export async function openJetStream(
  url: string | readonly string[],
  options: JetStreamOptions = {},
): Promise<OpenedJetStream> {
  const adapter = jetstream(url, options).create();
  const findings: Finding[] = [];
  const info = await adapter.init({
    producer: PRODUCER,
    now: () => BigInt(Date.now()) * 1_000_000n,
    report: (finding) => void findings.push(finding),
  });
  return { adapter, info, findings, close: () => adapter.shutdown({ signal: NEVER }) };
}

export interface ReadAll {
  readonly records: StoredRecord[];
  readonly gaps: Gap[];
  readonly next: string | undefined;
}

/** A shard from a position to its end, page by page. */
export async function readAll(
  adapter: Adapter,
  shard = 0,
  { after, limit = 10_000 }: { readonly after?: string | undefined; readonly limit?: number } = {},
): Promise<ReadAll> {
  const records: StoredRecord[] = [];
  const gaps: Gap[] = [];
  for (let next = after; ; ) {
    const page = await adapter.pollShard(shard, { after: next, limit, maxBytes: 1e9, signal: NEVER });
    records.push(...page.records);
    if (page.gap !== undefined) gaps.push(page.gap);
    next = page.next;
    if (!page.hasMore) return { records, gaps, next };
  }
}

export function texts(records: readonly StoredRecord[]): string[] {
  return records.map(({ bytes }) => Buffer.from(bytes).toString());
}
