// The adapter that discards: the default of the bus. For measuring, and for producers without a consumer yet.
import type { AdapterFactory } from '../../adapter/contract.ts';
import { NoopAdapter } from './adapter.ts';

/**
 * Takes every batch and keeps nothing; `poll` finds nothing.
 *
 * @example
 * ```ts
 * const bus = await EventBus.create({ adapter: noop() });
 * await bus.shutdown();
 * ```
 */
export function noop(): AdapterFactory {
  return Object.freeze({ kind: 'noop', create: () => new NoopAdapter() });
}
