// Why an event was refused. A refused event was never ingested: the caller still has it.
import { EventBusError } from './event-bus-error.ts';

const CODES = {
  Backpressure: 'EBUS_BACKPRESSURE',
  Sampled: 'EBUS_SAMPLED',
  Unrouted: 'EBUS_UNROUTED',
  ShuttingDown: 'EBUS_SHUTTING_DOWN',
  Serialization: 'EBUS_SERIALIZATION',
  TooLarge: 'EBUS_TOO_LARGE',
} as const;

/** The variants of IngestionError. */
export type IngestionErrorKind = keyof typeof CODES;

/** The bus refused an event; `kind` says why. Retrying helps for Backpressure, Sampled and Unrouted alone. */
export class IngestionError extends EventBusError {
  static readonly family = 'IngestionError';
  readonly code: (typeof CODES)[IngestionErrorKind];
  readonly kind: IngestionErrorKind;

  constructor(kind: IngestionErrorKind, message: string, options?: { cause?: unknown }) {
    super(IngestionError.family, message, options);
    this.kind = kind;
    this.code = CODES[kind];
  }
}
