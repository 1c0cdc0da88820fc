// When the number of shards may change, and how far: the options of `scaling`, their builder, and what they come to.
// Read by the decision and the scaler; the defaults and checks are in src/config.

const MARK = Symbol.for('meshbus.ScalingPolicy');

/** From when on a shard counts as overloaded, and until when as hardly used. */
export interface ScalingThresholds {
  /**
   * How full a ring is before its batches leave it, on average, for its shard to count as overloaded; above 0 to 1.
   * @default 0.5
   */
  readonly addFill?: number | undefined;
  /** The share of the time with a batch on its way, for a shard to count as overloaded; above 0 to 1. @default 0.9 */
  readonly addBusy?: number | undefined;
  /**
   * How full the fullest ring may be after a removal, if all that the removed shards held at most came to its own
   * most; above 0, below `addFill`. @default 0.2
   */
  readonly removeFill?: number | undefined;
  /**
   * The share of the time that the busiest shard may be busy after a removal, if all that the removed shards do came
   * to it; above 0, below `addBusy`. @default 0.5
   */
  readonly removeBusy?: number | undefined;
  /** How long a load is measured before it counts, in milliseconds from 100. @default 10000 */
  readonly windowMs?: number | undefined;
}

/** How many shards there may be, and who changes that. A missing option has its default. */
export interface ScalingOptions {
  /** The fewest shards, 1 to 256, at most `shards`; `removeShards` goes no lower. @default 1 */
  readonly minShards?: number | undefined;
  /**
   * The most shards, 1 to 256, at least `shards`; `addShards` goes no higher. Their rings have to fit
   * `maxMemoryBytes`. @default as many as fit, at most 256
   */
  readonly maxShards?: number | undefined;
  /** Whether the bus follows `suggestScaling` by itself. @default false */
  readonly automatic?: boolean | undefined;
  /** The least time between a change and the next suggestion of one, in milliseconds. @default 30000 */
  readonly cooldownMs?: number | undefined;
  /** The longest that `removeShards` waits for shards to empty, in milliseconds. @default 30000 */
  readonly drainTimeoutMs?: number | undefined;
  readonly thresholds?: ScalingThresholds | undefined;
}

/** `scaling` when all is decided. */
export interface ResolvedScaling {
  readonly minShards: number;
  readonly maxShards: number;
  readonly automatic: boolean;
  readonly cooldownMs: number;
  readonly drainTimeoutMs: number;
  readonly thresholds: { readonly [K in keyof ScalingThresholds]-?: number };
}

/**
 * A scaling policy, built step by step. Immutable: each method gives a new one. A bad value is reported when the whole
 * configuration is built.
 *
 * @example
 * ```ts
 * ScalingPolicy.default().minShards(2).maxShards(16).automatic(true)
 * ```
 */
export class ScalingPolicy {
  /** What was set so far, as plain options. */
  readonly options: ScalingOptions;

  private constructor(options: ScalingOptions) {
    this.options = Object.freeze(options);
    Object.defineProperty(this, MARK, { value: true });
    Object.freeze(this);
  }

  /** Nothing set: every option has its default, and the bus changes nothing by itself. */
  static default(): ScalingPolicy {
    return new ScalingPolicy({});
  }

  /** The fewest shards. */
  minShards(count: number): ScalingPolicy {
    return this.#with({ minShards: count });
  }

  /** The most shards. */
  maxShards(count: number): ScalingPolicy {
    return this.#with({ maxShards: count });
  }

  /** Whether the bus follows `suggestScaling` by itself. */
  automatic(follows: boolean): ScalingPolicy {
    return this.#with({ automatic: follows });
  }

  /** The least time between two changes, in milliseconds. */
  cooldownMs(cooldownMs: number): ScalingPolicy {
    return this.#with({ cooldownMs });
  }

  /** The longest wait for removed shards to empty, in milliseconds. */
  drainTimeoutMs(timeoutMs: number): ScalingPolicy {
    return this.#with({ drainTimeoutMs: timeoutMs });
  }

  /** Adds to the thresholds that were set so far. */
  thresholds(thresholds: ScalingThresholds): ScalingPolicy {
    return this.#with({ thresholds: Object.freeze({ ...this.options.thresholds, ...thresholds }) });
  }

  #with(change: ScalingOptions): ScalingPolicy {
    return new ScalingPolicy({ ...this.options, ...change });
  }
}

/** The plain options in a ScalingPolicy of any copy of the package; any other value as it is. */
export function plainScaling(value: unknown): unknown {
  return typeof value === 'object' && value !== null && MARK in value ? Reflect.get(value, 'options') : value;
}
