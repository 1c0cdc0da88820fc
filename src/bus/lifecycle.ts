// Flush and shutdown of a bus. Invariants: a flush tells of every event accepted before it; shutdown happens once,
// within its deadline, and after it the account is closed: dispatched + dropped = ingested.
import { asAdapterError } from '../adapter/guard.ts';
import type { Flush } from '../dispatch/flushes.ts';
import type { EndCounts } from '../errors/adapter-error.ts';
import { AdapterError } from '../errors/adapter-error.ts';
import type { Lane } from '../shard/lane.ts';
import { AbortFan } from '../util/abort-fan.ts';
import { abortable } from '../util/abortable.ts';
import type { Engine } from './engine.ts';
import type { StatsSnapshot } from './stats.ts';

/** How much time the adapter has to seal, to flush and to close when the deadline has left none. */
const LEAST_CLOSING_MS = 1000;

export class Lifecycle {
  readonly #engine: Engine;
  readonly #aborts = new AbortFan();
  readonly #haste = new AbortController();
  #shutdown: Promise<StatsSnapshot> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async flush(signal: AbortSignal | undefined): Promise<EndCounts> {
    signal?.throwIfAborted();
    const { flushes } = this.#engine;
    const flush = this.#cover();
    let failure: AdapterError | undefined;
    try {
      failure = await this.#settle(flush, signal);
    } catch (error) {
      // Only the signal comes this way: its caller is told of nothing.
      flushes.abandon(flush);
      throw error;
    }
    flushes.told(flush);
    const error = flushError(flush, failure);
    if (error !== undefined) throw error;
    return flush.counts();
  }

  /** Once; every caller shares the outcome, and the signal of each ends the draining. */
  shutdown(signal: AbortSignal | undefined): Promise<StatsSnapshot> {
    this.#shutdown ??= this.#close();
    if (signal !== undefined) this.#hastenWith(signal, this.#shutdown);
    return this.#shutdown;
  }

  #hastenWith(signal: AbortSignal, closing: Promise<unknown>): void {
    const leave = this.#aborts.add(signal, () => this.#haste.abort());
    closing.then(leave, leave);
  }

  /** Until all has ended and is durable, or a wedged lane forbids it; what the adapter's own flush failed with. */
  async #settle(flush: Flush, signal: AbortSignal | undefined): Promise<AdapterError | undefined> {
    const { guard } = this.#engine;
    for (;;) {
      await abortable(flush.settled(), signal, this.#aborts);
      // What ends during the adapter's flush is not covered by it: a lane may recover meanwhile.
      const { isEnded } = flush;
      try {
        await guard.flush(signal);
      } catch (error) {
        signal?.throwIfAborted();
        return asAdapterError(error, `${guard.name} flush`);
      }
      if (isEnded || flush.stuck.length > 0) return undefined;
    }
  }

  /** Follows everything that was accepted until now, and lets it go at once. */
  #cover(): Flush {
    const { dispatcher, flushes, kernel, lanes } = this.#engine;
    this.#settleEvictions();
    const targets = lanes.lanes.map((lane) => [lane, kernel.nextSequence(lane.ring)] as const);
    const flush = flushes.start(targets);
    for (const [lane, target] of targets) {
      if (lane.endedThrough < target) dispatcher.hurry(lane, target);
    }
    return flush;
  }

  async #close(): Promise<StatsSnapshot> {
    const { config, delivery, dispatcher, environment, guard, intake, kernel, resizer, scaler, stats } = this.#engine;
    const deadlineMs = environment.monotonicMs() + config.shutdownTimeoutMs;
    const left = (): number =>
      Math.min(config.adapterTimeoutMs, Math.max(deadlineMs - environment.monotonicMs(), LEAST_CLOSING_MS));
    intake.closed = true;
    scaler.stop();
    resizer.stop();
    this.#engine.refuseWaiters(undefined, 'shutting-down');
    await this.#drain();
    // First: a lane whose batch is given up would go on with the next one.
    dispatcher.stop();
    resizer.leaveOpen();
    const stranded = this.#strand();
    this.#engine.publish();
    await delivery.buried();
    await resizer.settle(left());
    const failures: AdapterError[] = [];
    const fail = (error: unknown): void => void failures.push(asAdapterError(error, guard.name));
    await guard.flush(undefined, left()).catch(fail);
    this.#engine.closed.abort(new AdapterError('Shutdown', 'the bus is shut down'));
    await guard.shutdown(left()).catch(fail);
    this.#engine.publish();
    const snapshot = stats.toJSON();
    kernel.close();
    if (stranded === 0 && failures.length === 0) return snapshot;
    throw shutdownError(stranded, failures, snapshot);
  }

  /** Waits until nothing is pending, the deadline has come, or a caller has had enough. */
  async #drain(): Promise<void> {
    const { config, environment, flushes, lanes } = this.#engine;
    if (lanes.pending === 0) return;
    const flush = this.#cover();
    await new Promise<void>((resolve) => {
      const timer = environment.after(config.shutdownTimeoutMs, () => stop());
      const stop = (): void => {
        timer.cancel();
        resolve();
      };
      this.#haste.signal.addEventListener('abort', stop, { once: true });
      if (this.#haste.signal.aborted) stop();
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
function flushError(flush: Flush, failure: AdapterError | undefined): AdapterError | undefined {
  const counts = flush.counts();
  const cause = failure ?? flush.error;
  const { stuck, failed } = flush;
  if (stuck.length > 0) {
    const message = `flush would wait for ${stuck.map(describe).join(', ')}: the adapter does not settle a batch`;
    return new AdapterError('Transient', message, { counts, cause });
  }
  if (failed > 0) {
    const message = `${failed} events that were accepted before this flush were dropped: ${byReason(counts)}`;
    return new AdapterError(failure?.kind === 'Shutdown' ? 'Shutdown' : 'Fatal', message, { counts, cause });
  }
  return failure && new AdapterError(failure.kind, failure.message, { counts, cause });
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

function shutdownError(stranded: number, failures: readonly AdapterError[], snapshot: StatsSnapshot): AdapterError {
  const counts = { dispatched: snapshot.eventsDispatched, dropped: snapshot.droppedByReason };
  const [cause] = failures;
  if (stranded > 0 || cause === undefined) {
    const message = `shutdown left ${stranded} accepted events undelivered when its time was up`;
    return new AdapterError('Fatal', message, { counts, cause });
  }
  return new AdapterError(cause.kind, `shutdown: ${cause.message}`, { counts, cause });
}
