// A bus as consumption sees it, for tests: a store behind the real guard, pending lanes and a clock set by hand.
import { setMaxListeners } from 'node:events';
import type { Finding } from '../../src/adapter/finding.ts';
import { AdapterGuard } from '../../src/adapter/guard.ts';
import type { PendingShard, PollSource } from '../../src/consume/poll-source.ts';
import { AdapterError } from '../../src/errors/adapter-error.ts';
import { ManualEnvironment } from '../../src/testing/manual-environment.ts';
import type { Environment } from '../../src/util/environment.ts';
import { SampleStore } from './sample-store.ts';

export interface SampleOptions {
  readonly store?: SampleStore;
  readonly environment?: Environment;
  readonly shards?: readonly number[];
}

export class SampleSource implements PollSource {
  readonly store: SampleStore;
  readonly guard: AdapterGuard;
  readonly storeId = 'sample';
  readonly maxHoldMs = 1000;
  readonly maxClockDriftMs = 60_000;
  readonly environment: Environment;
  readonly findings: Finding[] = [];
  readonly listeners = new Set<(shard: number) => void>();
  clockNs: bigint;
  #lanes: readonly PendingShard[] = [];
  #shards: readonly number[];
  readonly #closing = new AbortController();

  constructor({ store = new SampleStore(), environment = new ManualEnvironment(), shards = [] }: SampleOptions = {}) {
    this.store = store;
    this.environment = environment;
    this.#shards = shards;
    this.clockNs = BigInt(Math.floor(environment.wallMs())) * 1_000_000n;
    this.guard = new AdapterGuard(store, { timeoutMs: 10_000, environment });
    setMaxListeners(0, this.#closing.signal);
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  shards(): readonly number[] {
    return this.#shards;
  }

  pending(): readonly PendingShard[] {
    return this.#lanes;
  }

  /** Lanes with pending events: one that is new, or whose oldest event is another, holds from now on. */
  set lanes(lanes: readonly Omit<PendingShard, 'sinceMs'>[]) {
    const before = this.#lanes;
    const nowMs = this.environment.monotonicMs();
    this.#lanes = lanes.map(({ shard, oldestTimestampNs }) => {
      const same = before.find((lane) => lane.shard === shard && lane.oldestTimestampNs === oldestTimestampNs);
      return { shard, oldestTimestampNs, sinceMs: same?.sinceMs ?? nowMs };
    });
  }

  lastTimestampNs(): bigint {
    return this.clockNs;
  }

  adopt(timestampNs: bigint): void {
    if (timestampNs > this.clockNs) this.clockNs = timestampNs;
  }

  report(finding: Finding): void {
    this.findings.push(finding);
  }

  onDispatched(listener: (shard: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispatched(shard: number): void {
    for (const listener of [...this.listeners]) listener(shard);
  }

  async close(): Promise<void> {
    this.#closing.abort(new AdapterError('Shutdown', 'the bus is shut down'));
    await this.guard.shutdown(1000);
  }
}
