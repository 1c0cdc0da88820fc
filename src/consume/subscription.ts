// What `subscribe` gives: events one by one, first the history, then what follows.
// Invariant: at most one page is held, and nothing is read ahead of the consumer. However it ends (signal, break,
// throw, shutdown, an error), no listener stays behind, and the end is quiet but for an error.
import type { Gap } from '../adapter/contract.ts';
import type { StoredEvent } from '../event/stored-event.ts';
import { Follower } from './follower.ts';
import type { PollPlan } from './poll-plan.ts';
import type { Poller } from './poller.ts';
import { type SubscribeOptions, subscriptionPlan } from './subscribe-options.ts';

type Step<T> = IteratorResult<StoredEvent<T>, undefined>;

/**
 * An async iterable of events. `event.cursor` resumes right after an event.
 *
 * @example
 * ```ts
 * for await (const event of bus.subscribe({ from: cursor, signal })) {
 *   await handle(event);
 *   await save(event.cursor);
 * }
 * ```
 */
export class Subscription<T = unknown> implements AsyncIterableIterator<StoredEvent<T>, undefined> {
  readonly #poller: Poller;
  readonly #plan: PollPlan | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onGap: ((gap: Gap) => void) | undefined;
  readonly #ending = new AbortController();
  /** Told by the first `next`: options that are wrong, or a bus that is shut down. */
  #fault: unknown;
  /** Where `from: 'latest'` was when the subscription was made. */
  #latest: Promise<string | undefined> | undefined;
  #follower: Follower | undefined;
  #unlinks: (() => void)[] = [];
  #events: readonly StoredEvent[] = [];
  #index = 0;
  /** Calls of `next` that wait for a page are served one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Made by `bus.subscribe` alone. */
  constructor(poller: Poller, options: unknown = {}) {
    this.#poller = poller;
    try {
      this.#plan = subscriptionPlan(options);
      poller.throwIfClosed();
    } catch (error) {
      this.#fault = error;
      return;
    }
    const { onGap, signal } = options as SubscribeOptions;
    this.#signal = signal;
    this.#onGap = onGap;
    // The place is taken now and not at the first `next`: what is ingested in between belongs to the subscription.
    if (this.#plan.start.kind === 'latest') this.#latest = this.#findLatest(this.#plan);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event, as soon as there is one. Done after an end; rejects once for an error that no retry helps. */
  next(): Promise<Step<T>> {
    if (this.#waiting === 0) {
      const event = this.#take();
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
    }
    this.#waiting += 1;
    const step = this.#turn.then(() => this.#step());
    this.#turn = step.then(
      () => this.#served(),
      () => this.#served(), // The caller of `next` has the error.
    );
    return step;
  }

  /** Ends the subscription: a `next` that waits is done. */
  async return(): Promise<Step<T>> {
    this.#end();
    await this.#turn;
    return { done: true, value: undefined };
  }

  /** Ends the subscription and rejects with the error. */
  async throw(error?: unknown): Promise<Step<T>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #served(): void {
    this.#waiting -= 1;
  }

  async #step(): Promise<Step<T>> {
    try {
      for (;;) {
        const event = this.#take();
        if (event !== undefined) return { done: false, value: event };
        if (this.#fault !== undefined) throw this.#fault;
        if (this.#ending.signal.aborted) return { done: true, value: undefined };
        const follower = this.#follower ?? (await this.#open());
        const page = await follower?.read();
        for (const gap of page?.gaps ?? []) this.#onGap?.(gap);
        this.#events = page?.events ?? [];
        this.#index = 0;
      }
    } catch (error) {
      this.#fault = undefined;
      this.#end();
      throw error;
    }
  }

  /** An event of the page at hand, unless the subscription has ended. */
  #take(): StoredEvent<T> | undefined {
    if (this.#ending.signal.aborted) return undefined;
    const event = this.#events[this.#index] as StoredEvent<T> | undefined;
    if (event !== undefined) this.#index += 1;
    return event;
  }

  /** Undefined when the signal or the bus had ended it before it began. */
  async #open(): Promise<Follower | undefined> {
    const { aborts, source } = this.#poller;
    for (const signal of [this.#signal, source.closed]) {
      if (signal !== undefined) this.#unlinks.push(aborts.add(signal, () => this.#end()));
    }
    const latest = await this.#latest;
    if (this.#ending.signal.aborted || this.#plan === undefined) {
      this.#end(); // Once more: a signal that had aborted ended it before the other one was linked.
      return undefined;
    }
    const plan =
      latest === undefined ? this.#plan : { ...this.#plan, start: { kind: 'cursor', cursor: latest } as const };
    this.#follower = new Follower(this.#poller, plan, this.#ending.signal);
    return this.#follower;
  }

  async #findLatest(plan: PollPlan): Promise<string | undefined> {
    try {
      return await this.#poller.startOf(plan, this.#ending.signal);
    } catch {
      return undefined; // The first read looks again, and its failure is waited out or thrown like any other.
    }
  }

  #end(): void {
    this.#ending.abort();
    this.#follower?.close();
    this.#events = [];
    for (const unlink of this.#unlinks.splice(0)) unlink();
  }
}
