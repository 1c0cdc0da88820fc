// A bounded, readable history in the memory of the process. The store lives as long as its factory: a bus that is
// made again on the same one goes on where the last one stopped.
import type { Adapter, AdapterFactory } from '../../adapter/contract.ts';
import { StoreAdapter } from '../../frame-store/store-adapter.ts';
import { FRAME_STORE, type StoreSource } from '../../frame-store/store-source.ts';
import { type MemoryOptions, memoryBounds } from './config.ts';
import { MemoryStore } from './memory-store.ts';

export type { MemoryOptions } from './config.ts';

/**
 * A store in memory for `EventBus.create`. It keeps the newest events up to its bounds, drops a repeated batch, seals
 * retired shards, and is gone with the process. One bus at a time may have it: a second one is refused with
 * AdapterError `Connection` until the first has shut down.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when an option is wrong
 *
 * @example
 * ```ts
 * const store = memory({ maxEvents: 100_000, maxBytes: 64 * 1024 * 1024 });
 * const bus = await EventBus.create({ adapter: store });
 * await bus.shutdown();
 * const again = await EventBus.create({ adapter: store }); // finds the events of the first
 * await again.shutdown();
 * ```
 */
export function memory(options: MemoryOptions = {}): AdapterFactory {
  const store = new MemoryStore(memoryBounds(options));
  const source: StoreSource = { name: 'memory', durable: false, make: () => store };
  return Object.freeze({
    kind: 'memory',
    create: (): Adapter => new StoreAdapter(store, { ...source, releasesBatches: true }),
    [FRAME_STORE]: source,
  });
}
