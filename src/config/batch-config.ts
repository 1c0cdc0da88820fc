// The builder of the limits of a batch. Immutable: each method gives a new one, so that one can be shared.
import type { BatchOptions } from './options.ts';

const MARK = Symbol.for('meshbus.BatchConfig');

/**
 * Limits of a batch, built step by step. A bad value is reported when the whole configuration is built.
 *
 * @example
 * ```ts
 * BatchConfig.default().maxEvents(1024).maxDelayMs(5)
 * ```
 */
export class BatchConfig {
  /** What was set so far, as plain options. */
  readonly options: BatchOptions;

  private constructor(options: BatchOptions) {
    this.options = Object.freeze(options);
    Object.defineProperty(this, MARK, { value: true });
    Object.freeze(this);
  }

  /** Nothing set: every limit has its default. */
  static default(): BatchConfig {
    return new BatchConfig({});
  }

  /** The most events of a batch. */
  maxEvents(count: number): BatchConfig {
    return new BatchConfig({ ...this.options, maxEvents: count });
  }

  /** The longest wait of its first event, in milliseconds. */
  maxDelayMs(delayMs: number): BatchConfig {
    return new BatchConfig({ ...this.options, maxDelayMs: delayMs });
  }

  /** The most bytes of its records; a single event always fits. */
  maxBytes(bytes: number): BatchConfig {
    return new BatchConfig({ ...this.options, maxBytes: bytes });
  }
}

/** The plain options in a BatchConfig of any copy of the package; any other value as it is. */
export function plainBatch(value: unknown): unknown {
  return typeof value === 'object' && value !== null && MARK in value ? Reflect.get(value, 'options') : value;
}
