// How an adapter that keeps its history in somebody else's store of frames gets at that store: the factories `memory()` and
// `log()` carry it under a mark that the other copy of the package knows as well. Hop after: the mesh.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { FrameStore } from './frame-store.ts';

/** Where a factory keeps its source. */
export const FRAME_STORE: unique symbol = Symbol.for('meshbus.frame-store') as never;

/** A store of frames that can be opened, and what it promises. */
export interface StoreSource {
  /** The kind of the factory. */
  readonly name: string;
  /** What `flush` covered survives the end of the process. */
  readonly durable: boolean;
  /** The store to open: always the same one where it lives as long as its factory. */
  make(): FrameStore;
}

/** The source that a factory carries; undefined when it carries none, as one that may only read. */
export function storeSourceOf(factory: AdapterFactory): StoreSource | undefined {
  const source: unknown = Reflect.get(factory, FRAME_STORE);
  return typeof source === 'object' && source !== null ? (source as StoreSource) : undefined;
}
