// Reads page after page for a subscription, and decides how long to wait in between.
// Invariant: nothing is read before it is asked for; an idle follower on a watchable adapter makes no read at all (C8);
// a failure that may pass is waited out, any other is thrown after what was read before it.
import { AdapterError } from '../errors/adapter-error.ts';
import { ConsumerError } from '../errors/consumer-error.ts';
import { BackOff } from './back-off.ts';
import { type ShardTest, takeHold } from './order-hold.ts';
import { Ordering } from './ordering.ts';
import type { ConsumeResponse } from './page.ts';
import type { PollPlan } from './poll-plan.ts';
import type { Poller, PollOutcome } from './poller.ts';
import { WakeUps } from './wake-ups.ts';

export class Follower {
  readonly #poller: Poller;
  readonly #signal: AbortSignal;
  readonly #asked: ShardTest;
  readonly #wakeUps: WakeUps;
  /** Between reads of an adapter that cannot be watched. */
  readonly #idle = new BackOff({ firstMs: 10, longestMs: 1000 });
  readonly #failing = new BackOff({ firstMs: 50, longestMs: 5000 });
  /** Between looks at a hold: no read, only a look at the lanes of the bus. */
  readonly #held = new BackOff({ firstMs: 5, longestMs: 100 });
  /** Wake-ups that come while each read finds nothing must not make a busy loop. */
  readonly #vain = new BackOff({ firstMs: 1, longestMs: 100, free: 3 });
  #plan: PollPlan;
  #before: (() => Promise<void>) | undefined;

  constructor(poller: Poller, plan: PollPlan, signal: AbortSignal) {
    this.#poller = poller;
    this.#plan = plan;
    this.#signal = signal;
    const only = plan.shards === undefined ? undefined : new Set(plan.shards);
    this.#asked = (shard) => only === undefined || only.has(shard);
    const ordered = plan.ordering === Ordering.Timestamp;
    this.#wakeUps = new WakeUps({ source: poller.source, asked: this.#asked, ordered });
  }

  /** The next page; undefined when there was nothing or when the signal has aborted. */
  async read(): Promise<ConsumeResponse | undefined> {
    const before = this.#before;
    this.#before = undefined;
    await before?.();
    if (this.#signal.aborted) return undefined;
    const seen = this.#wakeUps.version;
    try {
      const outcome = await this.#poller.read(this.#plan, this.#signal);
      this.#settle(outcome, seen);
      return outcome.page;
    } catch (error) {
      if (!this.#signal.aborted) this.#wait(error);
      return undefined;
    }
  }

  close(): void {
    this.#wakeUps.close();
  }

  #settle(outcome: PollOutcome, seen: number): void {
    const { cursor, hasMore, failedShards } = outcome.page;
    const { start } = this.#plan;
    const moved = start.kind !== 'cursor' || start.cursor !== cursor;
    this.#plan = { ...this.#plan, start: { kind: 'cursor', cursor } };
    if (moved) for (const each of [this.#idle, this.#held, this.#vain]) each.reset();
    const [failed] = failedShards;
    if (failed === undefined) this.#failing.reset();
    const fatal = failedShards.find(({ error }) => !error.isRetryable());
    if (fatal !== undefined) this.#before = () => Promise.reject(failure(fatal.shard, fatal.error));
    else if (hasMore && moved) this.#before = () => this.#wakeUps.turn();
    else if (failed !== undefined) this.#wait(failure(failed.shard, failed.error));
    else this.#before = () => this.#untilNews(seen, outcome.heldNs);
  }

  /** @throws the error when no retry helps. */
  #wait(error: unknown): void {
    const cause = error instanceof ConsumerError ? error.cause : undefined;
    if (!(cause instanceof AdapterError) || !cause.isRetryable()) throw error;
    const { source } = this.#poller;
    if (this.#failing.steps === 0) {
      source.report({ kind: 'read-failing', message: `A subscription waits to read on: ${cause.message}`, cause });
    }
    const delayMs = this.#failing.next() * (0.5 + source.environment.random() / 2);
    this.#before = () => this.#wakeUps.pause(delayMs);
  }

  async #untilNews(seen: number, heldNs: bigint | undefined): Promise<void> {
    if (this.#wakeUps.version === seen) this.#vain.reset();
    else await this.#wakeUps.pause(this.#vain.next());
    if (heldNs !== undefined) return this.#untilRelease(seen, heldNs);
    const { canWatch } = this.#poller.source.guard;
    await this.#wakeUps.after(seen, canWatch ? undefined : this.#idle.next());
  }

  async #untilRelease(seen: number, heldNs: bigint): Promise<void> {
    const { source } = this.#poller;
    while (!this.#signal.aborted && this.#wakeUps.version === seen) {
      if (takeHold(source, this.#asked).boundNs > heldNs) return;
      await this.#wakeUps.after(seen, this.#held.next());
    }
  }
}

function failure(shard: number, cause: AdapterError): ConsumerError {
  return new ConsumerError('Adapter', `Shard ${shard} could not be read: ${cause.message}`, { cause });
}
