// The one handle for ingestion and consumption. Thin: the hot path goes straight to the intake, everything else to the
// part that owns it. Hop before: the user's code; hop after: intake, poller, lifecycle.
import { resolveConfig } from '../config/event-bus-config.ts';
import type { Backpressure, EventBusOptions } from '../config/options.ts';
import type { ConsumeOptions, ConsumeRequest } from '../consume/consume-request.ts';
import type { ConsumeResponse } from '../consume/page.ts';
import { Poller } from '../consume/poller.ts';
import type { SubscribeOptions } from '../consume/subscribe-options.ts';
import { Subscription } from '../consume/subscription.ts';
import type { EndCounts } from '../errors/adapter-error.ts';
import { ConfigError } from '../errors/config-error.ts';
import type { IngestionErrorKind } from '../errors/ingestion-error.ts';
import { IngestionError } from '../errors/ingestion-error.ts';
import type { Event } from '../event/event.ts';
import type { RawEvent } from '../event/raw-event.ts';
import type { IngestOptions } from '../ingest/ingest-options.ts';
import { ACCEPTED, BACKPRESSURE, type IngestOutcome, OUTCOMES, tooMuchWaits, WOULD_BLOCK } from '../ingest/outcome.ts';
import type { ScalingDecision } from '../scaling/decision.ts';
import { type Environment, systemEnvironment } from '../util/environment.ts';
import { Engine } from './engine.ts';
import { type BatchOutcome, type RejectedEvent, settleBatch, sumBatch, type Waiting } from './ingest-batch.ts';
import { Lifecycle } from './lifecycle.ts';
import { startEngine } from './start.ts';
import type { EventBusStats, StatsSnapshot } from './stats.ts';

/** What ingestion returns: a promise in Block mode, nothing in the others. */
export type IngestResult<M extends Backpressure, R = void> = M extends 'block' ? Promise<R> : R;

/** What `EventBus.create` takes beside the options. */
export interface CreateOptions {
  /** Clock, timers and chance; for tests, see `meshbus/testing`. @default the process's own */
  readonly environment?: Environment | undefined;
}

type Refused = Exclude<IngestOutcome, 'accepted'>;

/**
 * An event bus: `ingest` in, `poll` or `subscribe` out, every event accounted for.
 * `T` types the payload for those who want it, `M` carries the backpressure mode.
 *
 * @example
 * ```ts
 * const bus = await EventBus.create({ adapter: memory() });
 * bus.ingest({ token: 'Hello' }, { key: 'session-1' });
 * await bus.flush();
 * const page = await bus.poll({ limit: 100 });
 * await bus.shutdown();
 * ```
 */
export class EventBus<T = unknown, M extends Backpressure = Backpressure> {
  readonly #engine: Engine;
  readonly #lifecycle: Lifecycle;
  readonly #poller: Poller;
  readonly #blocks: boolean;
  /** What an accepted event returns: one resolved promise for all in Block mode. */
  readonly #accepted: IngestResult<M>;
  #warned = false;

  private constructor(engine: Engine) {
    if (!(engine instanceof Engine))
      throw new ConfigError('Invalid', 'A bus is made by: await EventBus.create(options).');
    this.#engine = engine;
    this.#lifecycle = new Lifecycle(engine);
    this.#poller = new Poller(engine.source);
    this.#blocks = engine.config.backpressure === 'block';
    this.#accepted = (this.#blocks ? Promise.resolve() : undefined) as IngestResult<M>;
  }

  /**
   * Starts a bus. @throws ConfigError for a bad configuration, with every fault; AdapterError when the adapter does not
   * start within `adapterTimeoutMs`. Nothing stays open when it rejects.
   */
  static create<T = unknown, const M extends Backpressure = 'drop-newest'>(
    options?: EventBusOptions<M>,
    extra?: CreateOptions,
  ): Promise<EventBus<T, M>>;
  /** With the event's type alone given, the mode is still known: `EventBus.create<Token>({ backpressure: 'block' })`. */
  static create<T>(
    options: EventBusOptions<'block'> & { readonly backpressure: 'block' },
    extra?: CreateOptions,
  ): Promise<EventBus<T, 'block'>>;
  static create<T>(
    options: EventBusOptions<Exclude<Backpressure, 'block'>>,
    extra?: CreateOptions,
  ): Promise<EventBus<T, Exclude<Backpressure, 'block'>>>;
  static async create<T, M extends Backpressure>(
    options: EventBusOptions<M> = {},
    { environment = systemEnvironment() }: CreateOptions = {},
  ): Promise<EventBus<T, M>> {
    return new EventBus<T, M>(await startEngine(resolveConfig(options), environment));
  }

  /**
   * Takes an Event or any JSON value; it is serialised before this returns. In Block mode it returns a promise that
   * resolves when the event is in. @throws IngestionError; in Block mode the promise rejects with it instead.
   */
  ingest(event: Event<T> | T, options?: IngestOptions): IngestResult<M> {
    const aborted = this.#blocks && options !== undefined ? abortedSignal(options) : undefined;
    if (aborted !== undefined) return this.#abort(aborted);
    const outcome = this.#engine.intake.value(event, options);
    return outcome === ACCEPTED ? this.#accepted : this.#refuse(outcome);
  }

  /** The same for bytes, which are never parsed nor changed: a RawEvent, a Uint8Array, or a string as UTF-8. */
  ingestRaw(event: RawEvent | Uint8Array | string, options?: IngestOptions): IngestResult<M> {
    const aborted = this.#blocks && options !== undefined ? abortedSignal(options) : undefined;
    if (aborted !== undefined) return this.#abort(aborted);
    const outcome = this.#engine.intake.raw(event, options);
    return outcome === ACCEPTED ? this.#accepted : this.#refuse(outcome);
  }

  /** As `ingest`, but synchronous in every mode: answers what became of the event, and never throws. */
  tryIngest(event: Event<T> | T, options?: IngestOptions): IngestOutcome {
    return this.#outcome(this.#engine.intake.value(event, options));
  }

  /** As `ingestRaw`, but synchronous in every mode: answers what became of the event, and never throws. */
  tryIngestRaw(event: RawEvent | Uint8Array | string, options?: IngestOptions): IngestOutcome {
    return this.#outcome(this.#engine.intake.raw(event, options));
  }

  /**
   * Takes many: an Event, a RawEvent or a JSON value each, all with the same options. Every event is offered before
   * this returns; in Block mode the promise resolves when those that had to wait are in or refused. An iterable that
   * throws has offered nothing: its error comes from this call, or in Block mode from the promise.
   */
  ingestBatch(events: Iterable<Event<T> | RawEvent | T>, options?: IngestOptions): IngestResult<M, BatchOutcome> {
    if (!this.#blocks) return this.#batch(events, options) as IngestResult<M, BatchOutcome>;
    const outcome = this.#batchThatWaits(events, options);
    outcome.catch(() => 'the iterable threw'); // as for one event: not awaiting it must not end the process
    return outcome as IngestResult<M, BatchOutcome>;
  }

  /**
   * Reads a page of stored events. The page's cursor, handed back as `from`, goes on exactly where it ended.
   * @throws ConsumerError InvalidRequest, InvalidFilter or InvalidCursor for what was asked; Adapter, with the
   * AdapterError as its cause, when no shard can be read or the bus is shut down; the signal's reason when it aborts.
   */
  poll(
    request: ConsumeRequest | ConsumeOptions,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ConsumeResponse<T>> {
    this.#warnUnreadable();
    return this.#poller.poll(request, options) as Promise<ConsumeResponse<T>>;
  }

  /**
   * Replays stored events from a point on, then follows. Ends with its signal, with `break`, or when the bus shuts
   * down; reads at most a page ahead of the loop, and nothing while the store is idle.
   */
  subscribe(options?: SubscribeOptions): Subscription<T> {
    this.#warnUnreadable();
    return new Subscription<T>(this.#poller, options);
  }

  /**
   * Settles when every event accepted before this call has met its end and the adapter has made durable what it took.
   * Resolves to how they ended. @throws AdapterError when events were dropped against the caller's will and no earlier
   * flush has said so, when the adapter's flush failed, or when a wedged shard would be waited for.
   */
  flush({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<EndCounts> {
    return this.#lifecycle.flush(signal);
  }

  /**
   * Takes no more events, drains within `shutdownTimeoutMs`, flushes and closes the adapter: within what is left of it,
   * and a second each where nothing is left. Dead-letter hooks are awaited up to `adapterTimeoutMs` longer. The signal
   * of any caller ends the draining at once. Resolves to the final account; every caller shares the one outcome.
   * @throws AdapterError when events were left behind, or the adapter's flush or close failed; it is shut down all the same.
   */
  shutdown({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<StatsSnapshot> {
    return this.#lifecycle.shutdown(signal);
  }

  /** The specification's second name for `shutdown`. */
  shutdownViaRef(options?: { readonly signal?: AbortSignal | undefined }): Promise<StatsSnapshot> {
    return this.shutdown(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /**
   * Adds shards while events flow: their rings, their lanes, their share of the keys, all of it or nothing. Calls follow
   * one another. @returns their ids, ascending. @throws ScalingError, which says what forbids it, with the numbers; the
   * signal's reason when it aborts before they are there. Whatever it rejects with, nothing has changed then.
   *
   * @example
   * ```ts
   * const [first] = await bus.addShards(2);
   * ```
   */
  addShards(count: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<number[]> {
    return this.#engine.resizer.add(count, options.signal);
  }

  /**
   * Takes shards out of routing at once, and resolves when their last events have met their ends and they are gone.
   * Their keys go to the other shards; what they stored stays readable. @throws ScalingError: DrainTimeout when some
   * need longer than `scaling.drainTimeoutMs` (they go when they are empty), Adapter when one could not be sealed (it
   * drains until it is removed once more), any other with nothing changed; the signal's reason when the caller has
   * waited enough, and the shards go on draining
   */
  removeShards(shards: readonly number[], options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#engine.resizer.remove(shards, options.signal);
  }

  /**
   * Whether shards should be added or removed now, with the reason and the figures behind it: a pure decision from the
   * load of the last `scaling.thresholds.windowMs`. Changes nothing; with `scaling.automatic` the bus follows it.
   *
   * @example
   * ```ts
   * const decision = await bus.suggestScaling();
   * if (decision.kind === 'add-shards') await bus.addShards(decision.count);
   * console.log(decision.message);
   * ```
   */
  async suggestScaling(): Promise<ScalingDecision> {
    return this.#engine.scaler.suggest();
  }

  /** The live account. */
  get stats(): EventBusStats {
    return this.#engine.stats;
  }

  /** Once: a store that discards has nothing to poll, which is easily overlooked, since noop is the default. */
  #warnUnreadable(): void {
    const { guard } = this.#engine;
    if (this.#warned || guard.capabilities.readable === true) return;
    this.#warned = true;
    process.emitWarning(
      `The adapter '${guard.name}' keeps no events: poll finds none. Choose one that does, such as memory().`,
      {
        code: 'EBUS_NOT_READABLE',
      },
    );
  }

  #outcome(outcome: number): IngestOutcome {
    const name = OUTCOMES[outcome] as IngestOutcome;
    if (name !== 'accepted') this.#engine.account.refused[name] += 1;
    return name;
  }

  #batch(events: Iterable<unknown>, options: IngestOptions | undefined): BatchOutcome {
    const { intake } = this.#engine;
    return sumBatch([...events].map((event) => this.#outcome(intake.either(event, options))));
  }

  async #batchThatWaits(events: Iterable<unknown>, options: IngestOptions | undefined): Promise<BatchOutcome> {
    // Up to the first await this runs before ingestBatch returns.
    const aborted = options === undefined ? undefined : abortedSignal(options);
    return settleBatch([...events].map((event) => (aborted ? this.#noteAborted() : this.#offer(event, options))));
  }

  #offer(event: unknown, options: IngestOptions | undefined): Refused | 'accepted' | Waiting {
    const { intake } = this.#engine;
    const outcome = intake.either(event, options);
    if (outcome !== WOULD_BLOCK) return this.#outcome(outcome) as Refused | 'accepted';
    return intake.wait()?.then(() => undefined, outcomeOf) ?? (this.#outcome(BACKPRESSURE) as Refused);
  }

  #refuse(outcome: number): IngestResult<M> {
    const { account, config, intake } = this.#engine;
    if (outcome === WOULD_BLOCK) {
      const waiting = intake.wait();
      if (waiting !== undefined) return waiting as IngestResult<M>;
      account.refused.backpressure += 1;
      return rejected(tooMuchWaits(config.maxWaitingBytes)) as IngestResult<M>;
    }
    account.refused[OUTCOMES[outcome] as Refused] += 1;
    const error = intake.error(outcome);
    if (this.#blocks) return rejected(error) as IngestResult<M>;
    throw error;
  }

  #abort({ reason }: AbortSignal): IngestResult<M> {
    this.#noteAborted();
    return rejected(reason) as IngestResult<M>;
  }

  #noteAborted(): 'aborted' {
    this.#engine.account.refused.aborted += 1;
    return 'aborted';
  }
}

/** The signal if it has aborted: then nothing is offered. What cannot be read is left to the intake to refuse. */
function abortedSignal(options: IngestOptions): AbortSignal | undefined {
  try {
    const { signal } = options;
    return signal?.aborted === true ? signal : undefined;
  } catch {
    return undefined; // the intake reads it again, and says what is wrong
  }
}

/** Nobody may await it: what was refused is counted, and must not end the process. */
function rejected(reason: unknown): Promise<void> {
  const promise = Promise.reject(reason);
  promise.catch(() => 'counted');
  return promise;
}

const OUTCOME_OF: Partial<Record<IngestionErrorKind, Refused>> = {
  Unrouted: 'unrouted',
  ShuttingDown: 'shutting-down',
};

/** Why a waiter was refused; everything but these two was its signal. */
function outcomeOf(reason: unknown): RejectedEvent['outcome'] {
  return (reason instanceof IngestionError && OUTCOME_OF[reason.kind]) || 'aborted';
}
