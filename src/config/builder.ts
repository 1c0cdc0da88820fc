// Options set one by one, by the names of the specification. Immutable: each method gives a new builder, so that a
// half-built one can be shared. Nothing is checked before `build`, which checks everything at once.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { ScalingOptions, ScalingPolicy } from '../scaling/policy.ts';
import type { BatchConfig } from './batch-config.ts';
import type { EventBusConfig } from './event-bus-config.ts';
import type { Backpressure, BatchOptions, DeadLetterHook, EventBusOptions, RetryOptions } from './options.ts';

type Build = <M extends Backpressure>(options: EventBusOptions<M>) => EventBusConfig<M>;

/** Made by `EventBusConfig.builder()`. Each method sets the option of its name. */
export class EventBusConfigBuilder<M extends Backpressure = Backpressure> {
  readonly #options: EventBusOptions<M>;
  readonly #build: Build;

  /** Used by `EventBusConfig.builder()`. */
  constructor(options: EventBusOptions<M>, build: Build) {
    this.#options = options;
    this.#build = build;
  }

  shards(count: number): EventBusConfigBuilder<M> {
    return this.#with({ shards: count });
  }

  ringCapacity(events: number): EventBusConfigBuilder<M> {
    return this.#with({ ringCapacity: events });
  }

  batch(batch: BatchConfig | BatchOptions): EventBusConfigBuilder<M> {
    return this.#with({ batch });
  }

  backpressure<N extends Backpressure>(mode: N): EventBusConfigBuilder<N> {
    return new EventBusConfigBuilder<N>({ ...this.#options, backpressure: mode }, this.#build);
  }

  adapter(adapter: AdapterFactory): EventBusConfigBuilder<M> {
    return this.#with({ adapter });
  }

  scaling(policy: ScalingPolicy | ScalingOptions | false): EventBusConfigBuilder<M> {
    return this.#with({ scaling: policy });
  }

  producerNoncePath(path: string): EventBusConfigBuilder<M> {
    return this.#with({ producerNoncePath: path });
  }

  ringBytes(bytes: number): EventBusConfigBuilder<M> {
    return this.#with({ ringBytes: bytes });
  }

  maxEventBytes(bytes: number): EventBusConfigBuilder<M> {
    return this.#with({ maxEventBytes: bytes });
  }

  maxMemoryBytes(bytes: number): EventBusConfigBuilder<M> {
    return this.#with({ maxMemoryBytes: bytes });
  }

  maxWaitingBytes(bytes: number): EventBusConfigBuilder<M> {
    return this.#with({ maxWaitingBytes: bytes });
  }

  maxHoldMs(holdMs: number): EventBusConfigBuilder<M> {
    return this.#with({ maxHoldMs: holdMs });
  }

  maxClockDriftMs(driftMs: number): EventBusConfigBuilder<M> {
    return this.#with({ maxClockDriftMs: driftMs });
  }

  adapterTimeoutMs(timeoutMs: number): EventBusConfigBuilder<M> {
    return this.#with({ adapterTimeoutMs: timeoutMs });
  }

  retry(retry: RetryOptions): EventBusConfigBuilder<M> {
    return this.#with({ retry });
  }

  shutdownTimeoutMs(timeoutMs: number): EventBusConfigBuilder<M> {
    return this.#with({ shutdownTimeoutMs: timeoutMs });
  }

  onDeadLetter(hook: DeadLetterHook): EventBusConfigBuilder<M> {
    return this.#with({ onDeadLetter: hook });
  }

  /** The configuration. @throws ConfigError EBUS_CONFIG_INVALID naming every fault at once. */
  build(): EventBusConfig<M> {
    return this.#build(this.#options);
  }

  #with(change: Partial<EventBusOptions<M>>): EventBusConfigBuilder<M> {
    return new EventBusConfigBuilder<M>({ ...this.#options, ...change }, this.#build);
  }
}
