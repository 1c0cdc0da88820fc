// Opens the adapter for a bus and decides which shards it writes. Invariant: a start that fails after the adapter was
// opened closes it again before it rejects.
import type { ShardInfo, StoreInfo } from '../adapter/contract.ts';
import type { Finding } from '../adapter/finding.ts';
import { AdapterGuard } from '../adapter/guard.ts';
import type { ResolvedOptions } from '../config/options.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import type { Environment } from '../util/environment.ts';

export interface OpenedStore {
  readonly guard: AdapterGuard;
  readonly info: StoreInfo;
  /** The shards that this bus writes, one for each ring. */
  readonly shards: readonly number[];
}

export interface OpeningContext {
  readonly producer: string;
  readonly environment: Environment;
  readonly report: (finding: Finding) => void;
}

const MAX_STORE_ID = 128;

/** @throws AdapterError when the adapter cannot start within `adapterTimeoutMs`. */
export async function openStore(config: ResolvedOptions, context: OpeningContext): Promise<OpenedStore> {
  const { environment, producer, report } = context;
  const guard = new AdapterGuard(config.adapter.create(), { timeoutMs: config.adapterTimeoutMs, environment });
  try {
    const now = (): bigint => BigInt(Math.round(environment.wallMs() * 1e6));
    const info = await guard.init({ producer, now, report });
    checkInfo(guard.name, info);
    const shards = chooseShards(config.shards, await guard.listShards());
    for (const shard of shards) await guard.prepareShard(shard);
    return { guard, info, shards };
  } catch (error) {
    await closeAfterFailure(guard, config.adapterTimeoutMs, report);
    throw error;
  }
}

/** Closes what a failed start has opened; the first error is the one that counts. */
export async function closeAfterFailure(
  guard: AdapterGuard,
  timeoutMs: number,
  report: (finding: Finding) => void,
): Promise<void> {
  try {
    await guard.shutdown(timeoutMs);
  } catch (cause) {
    report({ kind: 'close-failed', message: `${guard.name} failed to close after a failed start`, cause });
  }
}

/** The lowest unsealed shards of the store, and then ids that it has never seen. */
export function chooseShards(count: number, known: readonly ShardInfo[]): number[] {
  const taken = new Set(known.map((info) => info.shard));
  const open = known.filter((info) => !info.sealed).map((info) => info.shard);
  const chosen = open.sort((a, b) => a - b).slice(0, count);
  for (let shard = 0; chosen.length < count; shard += 1) if (!taken.has(shard)) chosen.push(shard);
  return chosen.sort((a, b) => a - b); // the same set in the same order keeps every key where it was
}

function checkInfo(name: string, info: StoreInfo): void {
  const id: unknown = (info as Partial<StoreInfo> | undefined)?.storeId;
  if (typeof id === 'string' && id.length >= 1 && id.length <= MAX_STORE_ID) return;
  throw new AdapterError('Fatal', `${name} init resolved without a storeId of 1 to ${MAX_STORE_ID} characters`);
}
