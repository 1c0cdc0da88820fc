// The parts of one bus, put together: kernel, lanes, dispatcher, intake, account. Everything that a bus does is a call
// of one of them; this file only knits them. Hop before: EventBus.create; hop after: EventBus and Lifecycle.
import type { Finding } from '../adapter/finding.ts';
import type { AdapterGuard } from '../adapter/guard.ts';
import type { ResolvedOptions } from '../config/options.ts';
import { scalingOf } from '../config/scaling.ts';
import type { PollSource } from '../consume/poll-source.ts';
import { Delivery } from '../dispatch/delivery.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { Flushes } from '../dispatch/flushes.ts';
import type { IngestionError } from '../errors/ingestion-error.ts';
import { policyOf } from '../ingest/backpressure.ts';
import { Intake } from '../ingest/intake.ts';
import { OUTCOMES, refusal, UNROUTED } from '../ingest/outcome.ts';
import { Waiters } from '../ingest/waiters.ts';
import { Kernel } from '../kernel/kernel.ts';
import { Resizer } from '../scaling/resizer.ts';
import { Scaler } from '../scaling/scaler.ts';
import { Account } from '../shard/account.ts';
import type { Lane } from '../shard/lane.ts';
import { LaneTable } from '../shard/lane-table.ts';
import type { Environment } from '../util/environment.ts';
import type { Announcer } from './announcer.ts';
import { watchAtExit } from './exit-watch.ts';
import { LaneSamples } from './lane-samples.ts';
import { RateMeter } from './rate-meter.ts';
import { EventBusStats } from './stats.ts';
import type { OpenedStore } from './store-opening.ts';

export interface EngineContext {
  readonly config: ResolvedOptions;
  readonly store: OpenedStore;
  readonly producer: string;
  readonly environment: Environment;
  readonly announcer: Announcer;
}

export class Engine {
  readonly config: ResolvedOptions;
  readonly environment: Environment;
  readonly guard: AdapterGuard;
  readonly kernel: Kernel;
  readonly lanes: LaneTable;
  readonly account = new Account();
  readonly flushes: Flushes;
  readonly waiters: Waiters;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly delivery: Delivery;
  readonly resizer: Resizer;
  readonly scaler: Scaler;
  readonly stats: EventBusStats;
  /** What polling sees of this bus. */
  readonly source: PollSource;
  /** Aborts when the bus is shut down. */
  readonly closed = new AbortController();
  readonly #dispatchListeners = new Set<(shard: number) => void>();
  readonly #announcer: Announcer;
  readonly #rates: RateMeter;

  constructor({ config, store, producer, environment, announcer }: EngineContext) {
    this.config = config;
    this.environment = environment;
    this.guard = store.guard;
    this.#announcer = announcer;
    const limits = batchLimits(config, store);
    const { ringBytes, ringCapacity } = config;
    const maxEventBytes = Math.min(config.maxEventBytes, store.info.maxEventBytes ?? Infinity);
    const rings = store.shards.length;
    const maxRings = Math.max(rings, mostRings(config));
    this.kernel = new Kernel({ rings, maxRings, ringBytes, ringCapacity, maxEventBytes, ...limits });
    this.lanes = new LaneTable(this.kernel, store.shards);
    this.flushes = new Flushes(this.account);
    this.waiters = this.#makeWaiters();
    this.intake = this.#makeIntake();
    this.delivery = this.#makeDelivery();
    this.dispatcher = this.#makeDispatcher(producer, limits);
    this.resizer = this.#makeResizer();
    this.scaler = this.#makeScaler();
    this.#rates = new RateMeter(this.kernel, environment);
    this.#rates.meet(this.lanes.lanes);
    const { account, guard, kernel, lanes, waiters } = this;
    this.stats = new EventBusStats({ guard, kernel, lanes, account, waiters, rates: this.#rates });
    this.source = this.#makeSource(store.info.storeId);
    this.account.listen((lane, { end }) => {
      if (end === 'dispatched') for (const listener of this.#dispatchListeners) listener(lane.shard);
    });
    announcer.gather(this.account, () => this.dispatcher.schedule());
  }

  report(finding: Finding): void {
    this.#announcer.report(finding);
  }

  /** Publishes what is gathered; for the end of a turn and for the end of the bus. */
  publish(): void {
    this.#announcer.publish();
  }

  /** Refuses the waiters of a ring, or all of them, and counts each. */
  refuseWaiters(ring: number | undefined, outcome: 'unrouted' | 'shutting-down'): void {
    this.waiters.reject(ring, () => this.#refusal(outcome));
  }

  #refusal(outcome: 'unrouted' | 'shutting-down'): IngestionError {
    this.account.refused[outcome] += 1;
    return refusal(outcome);
  }

  #makeWaiters(): Waiters {
    return new Waiters({
      kernel: this.kernel,
      maxWaitingBytes: this.config.maxWaitingBytes,
      onWake: (ring) => this.#wake(ring),
      onAborted: () => {
        this.account.refused.aborted += 1;
      },
    });
  }

  #makeIntake(): Intake {
    const { config, environment, kernel, waiters } = this;
    const policy = policyOf(config.backpressure);
    return new Intake({
      kernel,
      waiters,
      environment,
      policy,
      onWake: (ring) => this.#wake(ring),
      onFull: (ring) => this.#noteFull(ring),
    });
  }

  #makeDelivery(): Delivery {
    const { account, config, environment, guard } = this;
    return new Delivery({
      guard,
      environment,
      account,
      timeoutMs: config.adapterTimeoutMs,
      retry: config.retry,
      onDeadLetter: config.onDeadLetter,
      report: (finding) => this.report(finding),
      onWedge: (lane) => this.#onWedge(lane),
      onFree: (lane) => {
        this.dispatcher.free(lane);
        this.resizer.noteFree(lane);
      },
    });
  }

  #makeDispatcher(producer: string, limits: BatchLimits): Dispatcher {
    const { account, config, delivery, environment, kernel, lanes } = this;
    const holder = {
      get pending(): number {
        return lanes.pending;
      },
    };
    return new Dispatcher({
      kernel,
      lanes,
      account,
      delivery,
      environment,
      producer,
      ...limits,
      turnBytes: turnBytes(config),
      maxDelayMs: config.batch.maxDelayMs,
      onRoom: (lane) => this.waiters.admit(lane.ring),
      onActive: (active) => watchAtExit(holder, active),
      onTurn: () => this.publish(),
    });
  }

  #makeResizer(): Resizer {
    const { config, environment, guard, kernel, lanes } = this;
    return new Resizer({
      kernel,
      lanes,
      guard,
      environment,
      ...scalingOf(config),
      maxMemoryBytes: config.maxMemoryBytes,
      report: (finding) => this.report(finding),
      onRoutes: () => {
        this.#rates.meet(lanes.lanes);
        this.waiters.reroute(() => this.#refusal('unrouted'));
      },
      onLeaving: (lane) => this.dispatcher.hurry(lane, kernel.nextSequence(lane.ring)),
      onRetired: (lane) => this.flushes.retire(lane),
    });
  }

  #makeScaler(): Scaler {
    const { account, config, environment, kernel, lanes, resizer } = this;
    const refuses = config.backpressure !== 'drop-oldest' && config.backpressure !== 'block';
    return new Scaler({
      source: new LaneSamples({ kernel, lanes, account, environment, refuses }),
      policy: scalingOf(config),
      looks: config.scaling !== false,
      environment,
      add: (count) => resizer.add(count),
      remove: (shards) => resizer.remove(shards),
      unfinished: () => resizer.unfinished,
      report: (finding) => this.report(finding),
    });
  }

  #makeSource(storeId: string): PollSource {
    const { config, environment, guard, kernel, lanes } = this;
    return {
      guard,
      storeId,
      environment,
      maxHoldMs: config.maxHoldMs,
      maxClockDriftMs: config.maxClockDriftMs,
      closed: this.closed.signal,
      shards: () => (guard.canList ? lanes.shards : [...lanes.given]),
      pending: () => lanes.pendingShards(),
      lastTimestampNs: () => kernel.lastTimestampNs(),
      adopt: (timestampNs) => kernel.calls.adopt(timestampNs),
      report: (finding) => this.report(finding),
      onDispatched: (listener) => {
        this.#dispatchListeners.add(listener);
        return () => this.#dispatchListeners.delete(listener);
      },
    };
  }

  #noteFull(ring: number): number {
    const lane = this.lanes.byRing(ring);
    lane.isFull = true;
    this.dispatcher.wake(lane);
    return lane.foundFull++;
  }

  #wake(ring: number): void {
    this.dispatcher.wake(this.lanes.byRing(ring));
  }

  #onWedge(lane: Lane): void {
    this.lanes.routeAround();
    if (lane.phase !== 'wedged') return;
    this.refuseWaiters(lane.ring, OUTCOMES[UNROUTED] as 'unrouted');
    this.flushes.noticeWedge(lane);
  }
}

interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly dueEvents: number;
  readonly dueBytes: number;
}

const BLOCK_TURN_BYTES = 1_048_576;

/** A ring that holds less than a batch is due when it is full. */
function batchLimits(config: ResolvedOptions, store: OpenedStore): BatchLimits {
  const { maxEvents } = config.batch;
  const maxBytes = Math.min(config.batch.maxBytes, store.info.maxBatchBytes ?? Infinity);
  return {
    maxEvents,
    maxBytes,
    dueEvents: Math.min(maxEvents, config.ringCapacity),
    dueBytes: Math.min(maxBytes, config.ringBytes / 2),
  };
}

/** What a producer that waits gets rid of in a turn; one that does not wait may fill the ring once a turn (I7). */
function turnBytes({ backpressure, ringBytes }: ResolvedOptions): number {
  return backpressure === 'block' ? Math.min(BLOCK_TURN_BYTES, ringBytes) : ringBytes;
}

/** As many rings as the bus may ever have: address space is reserved for them, and no memory. */
function mostRings(config: ResolvedOptions): number {
  return Math.min(scalingOf(config).maxShards, Math.floor(config.maxMemoryBytes / config.ringBytes));
}
