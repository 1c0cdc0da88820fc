// A store opened for looking at it without a bus: for `stats` and `doctor`. Invariant: nothing is written.
import { randomUUID } from 'node:crypto';
import type { ShardInfo, StoreInfo } from '../adapter/contract.ts';
import type { Finding } from '../adapter/finding.ts';
import { AdapterGuard } from '../adapter/guard.ts';
import { systemEnvironment } from '../util/environment.ts';
import type { Store } from './store.ts';

const TIMEOUT_MS = 30_000;

export class OpenedStore {
  readonly guard: AdapterGuard;
  readonly info: StoreInfo;
  /** What the adapter has reported since it was opened. */
  readonly findings: Finding[];

  private constructor(guard: AdapterGuard, info: StoreInfo, findings: Finding[]) {
    this.guard = guard;
    this.info = info;
    this.findings = findings;
  }

  /** @throws AdapterError, ConfigError */
  static async open(store: Store): Promise<OpenedStore> {
    const findings: Finding[] = [];
    const environment = systemEnvironment();
    const guard = new AdapterGuard(store.open('read').create(), { timeoutMs: TIMEOUT_MS, environment });
    const info = await guard.init({
      producer: `meshbus-reader-${randomUUID()}`,
      now: () => BigInt(Date.now()) * 1_000_000n,
      report: (finding) => void findings.push(finding),
    });
    return new OpenedStore(guard, info, findings);
  }

  /** Every shard that has history, by id. @throws AdapterError */
  async shards(signal: AbortSignal): Promise<readonly ShardInfo[]> {
    return [...(await this.guard.listShards(signal))].sort((a, b) => a.shard - b.shard);
  }

  close(): Promise<void> {
    return this.guard.shutdown(TIMEOUT_MS);
  }
}
