// Opens the adapter for a bus and decides which shards it writes. Invariant: a start that fails after the adapter was
// opened closes it again before it rejects.
import type { Adapter, AdapterFactory, StoreInfo } from '../adapter/contract.ts';
import type { Finding } from '../adapter/finding.ts';
import { AdapterGuard, asAdapterError } from '../adapter/guard.ts';
import type { ResolvedOptions } from '../config/options.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import { ConfigError } from '../errors/config-error.ts';
import { chooseShards } from '../scaling/choose-shards.ts';
import { type Environment, nanosecondsOf } from '../util/environment.ts';

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
  /** Lifts the clock of the bus, once there is one. */
  readonly observe: (timestampNs: bigint) => boolean;
}

const MAX_STORE_ID = 128;
const METHODS = ['init', 'onBatch', 'pollShard', 'tail', 'flush', 'shutdown'] as const;
/** The year 2262: the clock has to have room above the newest stamp. */
const MAX_STAMP = 2n ** 63n - 1n;

/** @throws AdapterError when the adapter cannot start within `adapterTimeoutMs`. */
export async function openStore(config: ResolvedOptions, context: OpeningContext): Promise<OpenedStore> {
  const { environment, producer, report, observe } = context;
  const guard = new AdapterGuard(createAdapter(config.adapter), { timeoutMs: config.adapterTimeoutMs, environment });
  try {
    const now = (): bigint => nanosecondsOf(environment.wallMs());
    const info = await guard.init({ producer, now, observe, report });
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

/** What the factory makes, if it has the shape of an adapter. */
function createAdapter(factory: AdapterFactory): Adapter {
  let adapter: Adapter;
  try {
    adapter = factory.create();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw asAdapterError(error, `${factory.kind} create`);
  }
  const shape = adapter as Partial<Adapter> | null | undefined;
  const missing: string[] = METHODS.filter((name) => typeof shape?.[name] !== 'function');
  if (typeof shape?.name !== 'string') missing.push('name');
  if (typeof shape?.capabilities !== 'object' || shape.capabilities === null) missing.push('capabilities');
  if (missing.length === 0) return adapter;
  throw new AdapterError('Fatal', `${factory.kind} create returned no adapter: it lacks ${missing.join(', ')}`);
}

function checkInfo(name: string, info: StoreInfo | undefined): void {
  const fault = faultOf(info);
  if (fault !== undefined) throw new AdapterError('Fatal', `${name} init resolved ${fault}`);
}

function faultOf(info: StoreInfo | undefined): string | undefined {
  const storeId: unknown = info?.storeId;
  if (typeof storeId !== 'string' || storeId.length < 1 || storeId.length > MAX_STORE_ID) {
    return `without a storeId of 1 to ${MAX_STORE_ID} characters`;
  }
  for (const field of ['maxEventBytes', 'maxBatchBytes'] as const) {
    const limit = info?.[field];
    if (limit === undefined || (Number.isInteger(limit) && limit >= 1)) continue;
    return `with ${field} ${limit}, which is no whole number from 1`;
  }
  const stamp: unknown = info?.lastTimestampNs;
  if (stamp === undefined || (typeof stamp === 'bigint' && stamp >= 0n && stamp <= MAX_STAMP)) return undefined;
  return `with lastTimestampNs ${stamp}, which is no bigint of nanoseconds since 1970`;
}
