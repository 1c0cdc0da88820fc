// An adapter throws it for a position that it cannot read; `poll` turns it into ConsumerError InvalidCursor.
import { EventBusError } from './event-bus-error.ts';

/** A position that is not this adapter's: damaged, foreign, or beyond what the store has ever held. */
export class PositionError extends EventBusError {
  static readonly family = 'PositionError';
  readonly code = 'EBUS_POSITION';
  readonly kind = 'Position';

  constructor(message: string, options?: { cause?: unknown }) {
    super(PositionError.family, message, options);
  }
}
