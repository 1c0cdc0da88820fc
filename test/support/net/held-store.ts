// A memory as the store of a node whose flush, and whose appends, a test holds up. Invariant: what is held goes on in order
// when it is let go.
import type { AdapterFactory } from '../../../src/adapter/contract.ts';
import type { FrameStore } from '../../../src/frame-store/frame-store.ts';
import { FRAME_STORE, type StoreSource, storeSourceOf } from '../../../src/frame-store/store-source.ts';
import { memory } from '../../../src/index.ts';

export class HeldStore {
  /** For the option `store`. */
  readonly factory: AdapterFactory;
  /** How often it was flushed. */
  flushes = 0;
  #held: Promise<void> | undefined;
  #go: () => void = () => undefined;

  constructor() {
    const inner = memory();
    const source = storeSourceOf(inner) as StoreSource;
    const held: StoreSource = { name: source.name, durable: source.durable, make: () => this.#around(source.make()) };
    this.factory = { kind: 'held', create: () => inner.create(), [FRAME_STORE]: held } as AdapterFactory;
  }

  /** From now on flushes and appends wait. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#go = resolve;
    });
  }

  letGo(): void {
    this.#held = undefined;
    this.#go();
  }

  #around(store: FrameStore): FrameStore {
    const flush: FrameStore['flush'] = async (signal) => {
      this.flushes += 1;
      await this.#held;
      await store.flush(signal);
    };
    const append: FrameStore['append'] = async (...batch) => {
      await this.#held;
      await store.append(...batch);
    };
    const own: Partial<FrameStore> = { flush, append };
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
