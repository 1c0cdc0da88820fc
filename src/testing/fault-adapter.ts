// A real adapter with faults in front of it. Invariant: without a plan every call reaches the real one unchanged.
// Before it: the guard. After it: the adapter that it wraps.
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  AdapterFactory,
  Batch,
  CallOptions,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoreInfo,
} from '../adapter/contract.ts';
import { cutBatch } from '../frame-store/cut-batch.ts';
import { type Environment, systemEnvironment } from '../util/environment.ts';
import type { FaultyCall } from './fault.ts';
import { type CallEntry, FaultControl } from './fault-control.ts';

/** An adapter that fails as the test says. */
export interface FaultyFactory extends AdapterFactory {
  readonly faults: FaultControl;
}

/**
 * Wraps an adapter. Set `faults` at any time; the capabilities and optional methods stay those of the real one.
 * `environment` keeps the time of slow calls.
 *
 * @example
 * ```ts
 * const adapter = faulty(memory());
 * const bus = await EventBus.create({ adapter });
 * adapter.faults.onBatch = fault.once(fault.fail('Transient'));
 * bus.ingest({ n: 1 });
 * await bus.flush(); // repeated and delivered
 * await bus.shutdown();
 * ```
 */
export function faulty(inner: AdapterFactory, environment: Environment = systemEnvironment()): FaultyFactory {
  const faults = new FaultControl();
  return { kind: inner.kind, faults, create: () => FaultAdapter.over(inner.create(), { faults, environment }) };
}

interface FaultTools {
  readonly faults: FaultControl;
  readonly environment: Environment;
}

class FaultAdapter implements Adapter {
  readonly name: string;
  readonly capabilities: AdapterCapabilities;
  // Declared only: a field would be there even when the real adapter lacks the method.
  declare seek?: NonNullable<Adapter['seek']>;
  declare prepareShard?: NonNullable<Adapter['prepareShard']>;
  declare sealShard?: NonNullable<Adapter['sealShard']>;
  declare listShards?: NonNullable<Adapter['listShards']>;
  declare watch?: NonNullable<Adapter['watch']>;
  declare isHealthy?: NonNullable<Adapter['isHealthy']>;
  readonly #inner: Adapter;
  readonly #tools: FaultTools;

  private constructor(inner: Adapter, tools: FaultTools) {
    this.#inner = inner;
    this.#tools = tools;
    this.name = inner.name;
    this.capabilities = inner.capabilities;
  }

  /** Has the optional methods that the real adapter has, and no others. */
  static over(inner: Adapter, tools: FaultTools): FaultAdapter {
    const outer = new FaultAdapter(inner, tools);
    const { seek, prepareShard, sealShard, listShards, isHealthy } = inner;
    if (seek)
      outer.seek = (shard, ns, options) =>
        outer.#meet('seek', () => seek.call(inner, shard, ns, options), { shard, ...options });
    if (prepareShard)
      outer.prepareShard = (shard) => outer.#meet('prepareShard', () => prepareShard.call(inner, shard), { shard });
    if (sealShard) outer.sealShard = (shard) => outer.#meet('sealShard', () => sealShard.call(inner, shard), { shard });
    if (listShards)
      outer.listShards = () => outer.#meet<readonly ShardInfo[]>('listShards', () => listShards.call(inner));
    if (isHealthy) outer.isHealthy = () => isHealthy.call(inner);
    if (inner.watch) outer.watch = (listener) => outer.#watch(listener);
    return outer;
  }

  init(context: AdapterContext): Promise<StoreInfo> {
    return this.#meet('init', () => this.#inner.init(context));
  }

  onBatch(batch: Batch, options: CallOptions): Promise<void> {
    const half = async (): Promise<void> => {
      const count = Math.floor(batch.count / 2);
      if (count > 0) await this.#inner.onBatch(cutBatch(batch, 0, count), options);
    };
    return this.#meet('onBatch', () => this.#inner.onBatch(batch, options), { shard: batch.shard, ...options, half });
  }

  pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    const { signal } = query;
    const empty: ShardPage = { records: [], next: query.after, hasMore: false };
    return this.#meet('pollShard', () => this.#inner.pollShard(shard, query), { shard, signal, empty });
  }

  tail(shard: number, options: CallOptions): Promise<string | undefined> {
    return this.#meet('tail', () => this.#inner.tail(shard, options), { shard, ...options });
  }

  flush(options: CallOptions): Promise<void> {
    return this.#meet('flush', () => this.#inner.flush(options), options);
  }

  shutdown(options: CallOptions): Promise<void> {
    return this.#meet('shutdown', () => this.#inner.shutdown(options), options);
  }

  #watch(listener: (shard: number) => void): () => void {
    const stops = [this.#tools.faults.addWatcher(listener), this.#inner.watch?.(listener)];
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  async #meet<T>(call: FaultyCall, work: () => Promise<T>, about: About<T> = {}): Promise<T> {
    const { faults, environment } = this.#tools;
    const entry: CallEntry = { call, shard: about.shard, signal: about.signal };
    const met = faults.enter(entry);
    switch (met?.kind) {
      case undefined:
        return work();
      case 'slow':
        await new Promise<void>((resolve) => environment.after(met.delayMs, resolve));
        return work();
      case 'hang':
        await faults.hold(entry, met.deaf);
        return work();
      case 'hang-after': {
        const result = await work();
        await faults.hold(entry, met.deaf);
        return result;
      }
      case 'fail':
        throw met.error();
      case 'fail-after':
        await work();
        throw met.error();
      case 'half':
        await about.half?.();
        throw met.error();
      case 'empty-read':
        faults.wake(about.shard ?? 0);
        return about.empty ?? work();
    }
  }
}

interface About<T> {
  readonly shard?: number;
  readonly signal?: AbortSignal;
  readonly half?: () => Promise<void>;
  readonly empty?: T;
}
