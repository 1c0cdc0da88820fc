// Flush and shutdown of a bus. Invariants: a flush tells of every event accepted before it; shutdown happens once,
// within its deadline, and after it the account is closed: dispatched + dropped = ingested.

import type { Flush } from '../dispatch/flushes.ts';
import type { EndCounts } from '../errors/adapter-error.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import type { Lane } from '../shard/lane.ts';
import { abortable } from '../util/abortable.ts';
import type { Engine } from './engine.ts';
import type { StatsSnapshot } from './stats.ts';

/** How much time the adapter has to flush and close when the deadline has left none. */
const LEAST_CLOSING_MS = 1000;

export class Lifecycle {
  readonly #engine: Engine;
  #shutdown: Promise<StatsSnapshot> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async flush(signal: AbortSignal | undefined): Promise<EndCounts> {
    signal?.throwIfAborted();
    const { flushes, guard } = this.#engine;
    const flush = this.#cover();
    let failure: unknown;
    try {
      await abortable(flush.done, signal);
      await guard.flush(signal);
    } catch (error) {
      if (!(error instanceof AdapterError) || signal?.aborted) {
        flushes.abandon(flush);
        throw error;
      }
      failure = error;
    }
    flushes.told(flush);
    const error = flushError(flush, failure);
    if (error !== undefined) throw error;
    return flush.counts();
  }

  /** Once; every caller shares the outcome. */
  shutdown(signal: AbortSignal | undefined): Promise<StatsSnapshot> {
    this.#shutdown ??= this.#close(signal);
    return this.#shutdown;
  }

  /** Follows everything that was accepted until now, and lets it go at once. */
  #cover(): Flush {
    const { dispatcher, flushes, kernel, lanes } = this.#engine;
    this.#settleEvictions();
    const targets = lanes.lanes.map((lane) => [lane, kernel.nextSequence(lane.ring)] as const);
    const flush = flushes.start(targets);
    for (const [lane, target] of targets) {
      if (lane.endedThrough < target) dispatcher.hurry(lane, target);
      if (lane.phase === 'wedged') flush.noticeWedge(lane);
    }
    return flush;
  }

  async #close(signal: AbortSignal | undefined): Promise<StatsSnapshot> {
    const { config, delivery, dispatcher, environment, guard, intake, stats } = this.#engine;
    const deadlineMs = environment.monotonicMs() + config.shutdownTimeoutMs;
    const left = (): number =>
      Math.min(config.adapterTimeoutMs, Math.max(deadlineMs - environment.monotonicMs(), LEAST_CLOSING_MS));
    intake.closed = true;
    this.#engine.refuseWaiters(undefined, 'shutting-down');
    await this.#drain(signal);
    const stranded = this.#strand();
    dispatcher.stop();
    await delivery.buried();
    const failures: unknown[] = [];
    await guard.flush(undefined, left()).catch((error) => failures.push(error));
    this.#engine.closed.abort(new AdapterError('Shutdown', 'the bus is shut down'));
    await guard.shutdown(left()).catch((error) => failures.push(error));
    this.#engine.publish();
    const snapshot = stats.toJSON();
    if (stranded === 0 && failures.length === 0) return snapshot;
    throw shutdownError(stranded, failures, snapshot);
  }

  /** Waits until nothing is pending, the deadline has come, or the caller has had enough. */
  async #drain(signal: AbortSignal | undefined): Promise<void> {
    const { config, environment, flushes, lanes } = this.#engine;
    if (lanes.pending === 0) return;
    const flush = this.#cover();
    await new Promise<void>((resolve) => {
      const timer = environment.after(config.shutdownTimeoutMs, () => stop());
      const stop = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      signal?.addEventListener('abort', stop);
      if (signal?.aborted) stop();
      void flush.ended.then(stop);
    });
    flushes.abandon(flush);
  }

  /** Gives up what is still pending; how many events that were. */
  #strand(): number {
    const { account, delivery, kernel, lanes, stats } = this.#engine;
    this.#settleEvictions();
    const stranded = lanes.pending;
    if (stranded === 0) return 0;
    stats.noteLossyShutdown();
    for (const lane of lanes.lanes) {
      delivery.strand(lane);
      const firstSequence = kernel.headSequence(lane.ring);
      const count = kernel.discard(lane.ring);
      lane.passed(count);
      if (count > 0) account.record(lane, { end: 'stranded', firstSequence, count });
    }
    return stranded;
  }

  #settleEvictions(): void {
    const { account, lanes } = this.#engine;
    for (const lane of lanes.lanes) lane.settleEvictions(account);
  }
}

/** What the caller of a flush has to hear, if anything. */
function flushError(flush: Flush, failure: unknown): AdapterError | undefined {
  const counts = flush.counts();
  const waiting = flush.open;
  if (waiting.length > 0) {
    const message = `flush waits for ${waiting.map(describe).join(', ')}: the adapter does not settle its batch`;
    return new AdapterError('Transient', message, { counts, cause: failure ?? flush.error });
  }
  if (flush.failed > 0) {
    const message = `${flush.failed} events that were accepted before this flush were dropped: ${byReason(counts)}`;
    return new AdapterError('Fatal', message, { counts, cause: failure ?? flush.error });
  }
  if (failure === undefined) return undefined;
  const { kind, message } = failure as AdapterError;
  return new AdapterError(kind, message, { counts, cause: failure });
}

function describe(lane: Lane): string {
  return `shard ${lane.shard} with ${lane.pending} events`;
}

function byReason({ dropped }: EndCounts): string {
  return Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}

function shutdownError(stranded: number, failures: readonly unknown[], snapshot: StatsSnapshot): AdapterError {
  const counts = { dispatched: snapshot.eventsDispatched, dropped: snapshot.droppedByReason };
  const [cause] = failures;
  if (stranded > 0) {
    const message = `shutdown left ${stranded} accepted events undelivered when its time was up`;
    return new AdapterError('Fatal', message, { counts, cause });
  }
  const { kind, message } = cause as AdapterError;
  return new AdapterError(kind, `shutdown: ${message}`, { counts, cause });
}
