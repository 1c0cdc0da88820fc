// Why a poll was refused or could not be answered.
import { EventBusError } from './event-bus-error.ts';

const CODES = {
  Adapter: 'EBUS_CONSUMER_ADAPTER',
  InvalidCursor: 'EBUS_INVALID_CURSOR',
  InvalidFilter: 'EBUS_INVALID_FILTER',
  InvalidRequest: 'EBUS_INVALID_REQUEST',
} as const;

/** The variants of ConsumerError. */
export type ConsumerErrorKind = keyof typeof CODES;

/** A poll or a subscription failed. For kind `Adapter` the AdapterError is the `cause`, and says if a retry helps. */
export class ConsumerError extends EventBusError {
  static readonly family = 'ConsumerError';
  readonly code: (typeof CODES)[ConsumerErrorKind];
  readonly kind: ConsumerErrorKind;

  constructor(kind: ConsumerErrorKind, message: string, options?: { cause?: unknown }) {
    super(ConsumerError.family, message, options);
    this.kind = kind;
    this.code = CODES[kind];
  }
}
