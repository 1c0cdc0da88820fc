// What an adapter may throw: the only errors that the bus decides by. The guard turns anything else into Fatal.
import { EventBusError } from './event-bus-error.ts';

const CODES = {
  Transient: 'EBUS_ADAPTER_TRANSIENT',
  Fatal: 'EBUS_ADAPTER_FATAL',
  Backpressure: 'EBUS_ADAPTER_BACKPRESSURE',
  Connection: 'EBUS_ADAPTER_CONNECTION',
  Shutdown: 'EBUS_ADAPTER_SHUTDOWN',
  Serialization: 'EBUS_ADAPTER_SERIALIZATION',
} as const;

/** The variants of AdapterError. */
export type AdapterErrorKind = keyof typeof CODES;

/** How the events that a flush or shutdown covered have ended. */
export interface EndCounts {
  readonly dispatched: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * A store or transport failed. Transient: nothing is stored, or a repetition is harmless. Backpressure: full for
 * now. Connection: not to be had as configured. Serialization: an entry that cannot be read or written as such.
 * Shutdown: asked to stop. Fatal: the rest.
 *
 * @example
 * ```ts
 * throw new AdapterError('Transient', 'the leader changed while the batch was on its way', { cause });
 * ```
 */
export class AdapterError extends EventBusError {
  static readonly family = 'AdapterError';
  readonly code: (typeof CODES)[AdapterErrorKind];
  readonly kind: AdapterErrorKind;
  /** What `flush` and `shutdown` have to tell of the events that they covered. */
  readonly counts?: EndCounts;

  constructor(kind: AdapterErrorKind, message: string, options: { cause?: unknown; counts?: EndCounts } = {}) {
    super(AdapterError.family, message, options);
    this.kind = kind;
    if (options.counts !== undefined) this.counts = options.counts;
    this.code = CODES[kind];
  }

  /** True for Transient and Backpressure alone: the same call may succeed later. */
  isRetryable(): boolean {
    return this.kind === 'Transient' || this.kind === 'Backpressure';
  }
}
