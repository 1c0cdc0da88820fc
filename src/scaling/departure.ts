// One shard on its way out: drains, is sealed, is gone. Settles once, and never rejects: who waits asks what became of it.
import type { Lane } from '../shard/lane.ts';

export class Departure {
  readonly shard: number;
  /** Resolves when the shard is gone (undefined), or with why it is not. */
  readonly settled: Promise<Error | undefined>;
  error: Error | undefined;
  isSettled = false;
  #sealing = false;
  readonly #seal: () => Promise<void>;
  #settle: (error: Error | undefined) => void = () => undefined;

  constructor({ shard }: Lane, seal: () => Promise<void>) {
    this.shard = shard;
    this.#seal = seal;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isGone(): boolean {
    return this.isSettled && this.error === undefined;
  }

  /** Nothing is left in the shard: the last step begins. */
  drained(): void {
    if (this.#sealing || this.isSettled) return;
    this.#sealing = true;
    this.#seal().then(
      () => this.#end(undefined),
      (error: Error) => this.#end(error),
    );
  }

  /** Ends it, unless the shard is empty and being sealed. */
  giveUp(error: Error): void {
    if (!this.#sealing) this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.error = error;
    this.#settle(error);
  }
}
