// Takes one batch of a lane to its end: attempts, time-outs with an unknown outcome, retries, the dead-letter hook.
// Invariant: exactly one end is recorded for each batch, however late or often the adapter answers.
// Hop before: the dispatcher's drain; hop after: the adapter, through the guard.
import type { Finding } from '../adapter/finding.ts';
import type { AdapterGuard } from '../adapter/guard.ts';
import { asAdapterError } from '../adapter/guard.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import type { FrameBatch } from '../frame/batch.ts';
import type { Account } from '../shard/account.ts';
import type { DropReason } from '../shard/ends.ts';
import type { Attempt, Lane } from '../shard/lane.ts';
import type { Environment } from '../util/environment.ts';
import { afterFailure, type RetryPolicy, retryDelayMs } from './retry.ts';

export interface DeliveryOptions {
  readonly guard: AdapterGuard;
  readonly environment: Environment;
  readonly account: Account;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly onDeadLetter: ((batch: FrameBatch, error: AdapterError) => unknown) | undefined;
  readonly report: (finding: Finding) => void;
  /** The lane wedged, or is no longer wedged. */
  readonly onWedge: (lane: Lane) => void;
  /** The batch has met its end, and the lane is free. */
  readonly onFree: (lane: Lane) => void;
}

const LONGEST_MS = 2_147_483_647;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #burials = new Set<Promise<void>>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  send(lane: Lane, batch: FrameBatch): void {
    lane.inFlight = batch;
    lane.attempts = 0;
    lane.doubtful = false;
    this.#attempt(lane, batch);
  }

  /** Gives the batch in flight up: the bus waits no longer, and the dead-letter hook gets it. */
  strand(lane: Lane): void {
    const batch = lane.inFlight;
    lane.timer?.cancel();
    if (batch === undefined) return;
    const error = new AdapterError(
      'Shutdown',
      `shard ${lane.shard}: the bus shut down before the adapter had the batch`,
    );
    const attempt = lane.attempt;
    this.#drop(lane, batch, { reason: 'stranded', error });
    attempt?.controller.abort(error);
  }

  /** Settles when the dead-letter hook has settled for every batch that it was given. */
  async buried(): Promise<void> {
    await Promise.all(this.#burials);
  }

  /** The ring of the lane is damaged: nothing can be taken from it until the bus is closed. */
  wedgeForGood(lane: Lane, error: unknown): void {
    lane.timer = this.#options.environment.after(LONGEST_MS, () => undefined);
    this.#wedge(lane, `shard ${lane.shard} is stuck`, error);
  }

  #attempt(lane: Lane, batch: FrameBatch): void {
    const { guard, environment, timeoutMs } = this.#options;
    const attempt: Attempt = { controller: lane.controller ?? new AbortController(), timedOut: false };
    lane.controller = undefined;
    lane.attempt = attempt;
    lane.attempts += 1;
    lane.phase = 'sending';
    lane.timer = environment.after(timeoutMs, () => this.#timeOut(lane, attempt));
    guard.onBatch(batch, attempt.controller.signal).then(
      () => this.#settle(lane, batch, attempt),
      (error) => this.#settle(lane, batch, attempt, asAdapterError(error, guard.name)),
    );
  }

  #timeOut(lane: Lane, attempt: Attempt): void {
    const { environment, guard, timeoutMs } = this.#options;
    attempt.timedOut = true;
    lane.load.failures += 1;
    lane.doubtful = true;
    lane.phase = 'settling';
    lane.timer = environment.after(timeoutMs, () => {
      // The timer keeps the process alive: what is pending has not met its end.
      lane.timer = environment.after(LONGEST_MS, () => undefined);
      this.#wedge(lane, `shard ${lane.shard}: ${guard.name} has not settled a batch in twice ${timeoutMs} ms`);
    });
    attempt.controller.abort(new AdapterError('Transient', `no answer to a batch within ${timeoutMs} ms`));
  }

  #wedge(lane: Lane, message: string, cause?: unknown): void {
    lane.phase = 'wedged';
    // Before it is told, since who hears of it may ingest.
    this.#options.onWedge(lane);
    this.#options.report({ kind: 'lane-wedged', shard: lane.shard, message, cause });
  }

  #settle(lane: Lane, batch: FrameBatch, attempt: Attempt, error?: AdapterError): void {
    if (lane.attempt !== attempt) return; // given up meanwhile, and recorded as stranded
    const { account, guard, retry } = this.#options;
    const wasWedged = lane.phase === 'wedged';
    lane.attempt = undefined;
    lane.timer?.cancel();
    if (wasWedged) this.#unwedge(lane);
    if (error === undefined) {
      lane.load.end(this.#options.environment.monotonicMs());
      lane.expectedSequence = batch.firstSequence + batch.count;
      account.batchesDispatched += 1;
      lane.inFlight = undefined;
      // An attempt that failed or timed out may go on in the adapter.
      if (guard.capabilities.releasesBatches === true && lane.attempts === 1 && !attempt.timedOut) {
        lane.memory = batch.memory;
        lane.controller = attempt.controller;
      }
      account.record(lane, { end: 'dispatched', firstSequence: batch.firstSequence, count: batch.count });
      this.#free(lane);
      return;
    }
    if (!attempt.timedOut) lane.load.failures += 1;
    const { deduplicates = false } = guard.capabilities;
    const { attempts, doubtful } = lane;
    const verdict = afterFailure({ error, timedOut: attempt.timedOut, doubtful, attempts, deduplicates }, retry);
    if (verdict === 'retry') this.#backOff(lane, batch);
    else this.#drop(lane, batch, { reason: verdict, error });
  }

  #unwedge(lane: Lane): void {
    lane.phase = 'settling';
    this.#options.onWedge(lane);
    this.#options.report({ kind: 'lane-recovered', shard: lane.shard, message: `shard ${lane.shard} goes on` });
  }

  #backOff(lane: Lane, batch: FrameBatch): void {
    const { environment, retry } = this.#options;
    lane.phase = 'backing-off';
    const delayMs = retryDelayMs(lane.attempts, retry, environment.random());
    lane.timer = environment.after(delayMs, () => this.#attempt(lane, batch));
  }

  /** Records the end, lets the hook have the batch, and frees the lane when it has settled. */
  #drop(lane: Lane, batch: FrameBatch, why: { reason: DropReason; error: AdapterError }): void {
    const { account, environment, onDeadLetter } = this.#options;
    lane.load.end(environment.monotonicMs());
    lane.attempt = undefined;
    lane.inFlight = undefined;
    lane.phase = 'burying';
    account.record(lane, { end: why.reason, firstSequence: batch.firstSequence, count: batch.count }, why.error);
    if (onDeadLetter === undefined) {
      this.#free(lane);
      return;
    }
    const burial = this.#bury(lane, () => onDeadLetter(batch, why.error)).then(() => {
      this.#burials.delete(burial);
      this.#free(lane);
    });
    this.#burials.add(burial);
  }

  /** Awaits the hook within the time-out. Never rejects: a hook that fails is reported. */
  #bury(lane: Lane, hook: () => unknown): Promise<void> {
    const { environment, timeoutMs } = this.#options;
    return new Promise((resolve) => {
      const timer = environment.after(timeoutMs, () => {
        this.#reportHook(lane, `onDeadLetter did not settle within ${timeoutMs} ms`);
        resolve();
      });
      settle(hook)
        .catch((cause) => this.#reportHook(lane, 'onDeadLetter threw', cause))
        .finally(() => {
          timer.cancel();
          resolve();
        });
    });
  }

  #reportHook({ shard }: Lane, message: string, cause?: unknown): void {
    this.#options.report({ kind: 'dead-letter-failed', shard, message, cause });
  }

  #free(lane: Lane): void {
    lane.phase = 'idle';
    this.#options.onFree(lane);
  }
}

async function settle(hook: () => unknown): Promise<void> {
  await hook();
}
