// An adapter whose every call waits for the test, or is answered at once. Invariant: without `hold` it takes everything.
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  AdapterFactory,
  Batch,
  CallOptions,
} from '../../src/adapter/contract.ts';

/** A call that waits for the test. */
export interface HeldCall {
  readonly batch: Batch;
  readonly signal: AbortSignal;
  /** Takes it. */
  take(): void;
  /** Refuses it. */
  fail(error: unknown): void;
}

export class HeldAdapter implements Adapter {
  readonly name = 'held';
  readonly capabilities: AdapterCapabilities;
  /** Whether `onBatch` waits for the test. */
  hold = true;
  /** Every batch that was offered, once per attempt. */
  readonly calls: HeldCall[] = [];
  /** What happens when the bus flushes or closes. */
  onFlush: (options: CallOptions) => Promise<void> = async () => undefined;
  onShutdown: (options: CallOptions) => Promise<void> = async () => undefined;
  onInit: (context: AdapterContext) => Promise<{ storeId: string; lastTimestampNs?: bigint }> = async () => ({
    storeId: 'held',
  });
  flushes = 0;
  shutdowns = 0;
  producer = '';

  constructor(options: { readonly deduplicates?: boolean; readonly releasesBatches?: boolean } = {}) {
    const { deduplicates = false, releasesBatches = false } = options;
    this.capabilities = { deduplicates, releasesBatches };
  }

  get factory(): AdapterFactory {
    return { kind: 'held', create: () => this };
  }

  /** The newest call. */
  get last(): HeldCall {
    const last = this.calls.at(-1);
    if (last === undefined) throw new Error('onBatch has not been called');
    return last;
  }

  /** [shard, first sequence, count] of every call. */
  get seen(): [number, number, number][] {
    return this.calls.map(({ batch }) => [batch.shard, batch.firstSequence, batch.count]);
  }

  init(context: AdapterContext): Promise<{ storeId: string; lastTimestampNs?: bigint }> {
    this.producer = context.producer;
    return this.onInit(context);
  }

  onBatch(batch: Batch, { signal }: CallOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({ batch, signal, take: resolve, fail: reject });
      if (!this.hold) resolve();
    });
  }

  async pollShard(): Promise<{ records: []; next: undefined; hasMore: false }> {
    return { records: [], next: undefined, hasMore: false };
  }

  async tail(): Promise<undefined> {
    return undefined;
  }

  flush(options: CallOptions): Promise<void> {
    this.flushes += 1;
    return this.onFlush(options);
  }

  shutdown(options: CallOptions): Promise<void> {
    this.shutdowns += 1;
    return this.onShutdown(options);
  }
}
