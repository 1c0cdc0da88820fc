// The configuration of a bus when all is decided: complete, valid and frozen. Made from options by validate.ts and
// read by everything that `EventBus.create` starts. An object of another copy of the package is taken as plain options.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { ResolvedScaling } from '../scaling/policy.ts';
import { EventBusConfigBuilder } from './builder.ts';
import type {
  Backpressure,
  DeadLetterHook,
  EventBusOptions,
  ResolvedBatch,
  ResolvedOptions,
  ResolvedRetry,
} from './options.ts';
import { CONFIG_MARK, validate } from './validate.ts';

/**
 * A valid configuration. Every field is what the option of the same name came to.
 *
 * @example
 * ```ts
 * const config = EventBusConfig.builder().shards(16).backpressure(BackpressureMode.DropOldest).build();
 * ```
 */
export class EventBusConfig<M extends Backpressure = Backpressure> implements ResolvedOptions<M> {
  readonly shards: number;
  readonly ringCapacity: number;
  readonly batch: ResolvedBatch;
  readonly backpressure: M;
  readonly adapter: AdapterFactory;
  readonly scaling: ResolvedScaling | false;
  readonly producerNoncePath: string | undefined;
  readonly ringBytes: number;
  readonly maxEventBytes: number;
  readonly maxMemoryBytes: number;
  readonly maxWaitingBytes: number;
  readonly maxHoldMs: number;
  readonly maxClockDriftMs: number;
  readonly adapterTimeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly shutdownTimeoutMs: number;
  readonly onDeadLetter: DeadLetterHook | undefined;

  private constructor(resolved: ResolvedOptions<M>) {
    this.shards = resolved.shards;
    this.ringCapacity = resolved.ringCapacity;
    this.batch = resolved.batch;
    this.backpressure = resolved.backpressure;
    this.adapter = resolved.adapter;
    this.scaling = resolved.scaling;
    this.producerNoncePath = resolved.producerNoncePath;
    this.ringBytes = resolved.ringBytes;
    this.maxEventBytes = resolved.maxEventBytes;
    this.maxMemoryBytes = resolved.maxMemoryBytes;
    this.maxWaitingBytes = resolved.maxWaitingBytes;
    this.maxHoldMs = resolved.maxHoldMs;
    this.maxClockDriftMs = resolved.maxClockDriftMs;
    this.adapterTimeoutMs = resolved.adapterTimeoutMs;
    this.retry = resolved.retry;
    this.shutdownTimeoutMs = resolved.shutdownTimeoutMs;
    this.onDeadLetter = resolved.onDeadLetter;
    Object.defineProperty(this, CONFIG_MARK, { value: true });
    Object.freeze(this);
  }

  /** A builder with nothing set. */
  static builder(): EventBusConfigBuilder<'drop-newest'> {
    return new EventBusConfigBuilder({}, (options) => EventBusConfig.from(options));
  }

  /** A single node on the Noop adapter, which discards: what `EventBus.create({})` runs on. */
  static default(): EventBusConfig<'drop-newest'> {
    return EventBusConfig.from({});
  }

  /** The configuration that plain options come to. @throws ConfigError EBUS_CONFIG_INVALID naming every fault. */
  static from<M extends Backpressure = 'drop-newest'>(options: EventBusOptions<M>): EventBusConfig<M> {
    return new EventBusConfig(validate(options));
  }
}

/** What options, or a configuration of any copy of the package, come to. @throws ConfigError naming every fault. */
export function resolveConfig<M extends Backpressure = 'drop-newest'>(options: EventBusOptions<M>): EventBusConfig<M> {
  return EventBusConfig.from(options);
}
