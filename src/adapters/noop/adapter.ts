// Takes everything, keeps nothing. Before it: the guard. After it: nothing.
import type { Adapter, AdapterCapabilities, ShardPage, ShardQuery, StoreInfo } from '../../adapter/contract.ts';
import { PositionError } from '../../errors/position-error.ts';

const CAPABILITIES: AdapterCapabilities = Object.freeze({ releasesBatches: true });
const EMPTY: ShardPage = Object.freeze({ records: Object.freeze([]), next: undefined, hasMore: false });

export class NoopAdapter implements Adapter {
  readonly name = 'noop';
  readonly capabilities = CAPABILITIES;

  async init(): Promise<StoreInfo> {
    return { storeId: 'noop' };
  }

  async onBatch(): Promise<void> {}

  async pollShard(_shard: number, query: ShardQuery): Promise<ShardPage> {
    if (query.after !== undefined) throw new PositionError('The noop adapter stores nothing and has no positions.');
    return EMPTY;
  }

  async tail(): Promise<string | undefined> {
    return undefined;
  }

  async flush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
