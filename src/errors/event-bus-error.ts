// The root of all errors that meshbus throws. Invariant: `instanceof` holds between two loaded copies of the
// package (ESM and CommonJS, say), since a mark on the error tells its family, not the identity of the class.
import type { ErrorCode } from './codes.ts';

const FAMILY = Symbol.for('meshbus.error.family');

/** Whether a value is an error of a family, from whichever copy of the package. */
export function hasFamily(value: unknown, family: string): boolean {
  return typeof value === 'object' && value !== null && (value as { [FAMILY]?: unknown })[FAMILY] === family;
}

/**
 * What every error of the bus is: decide by `code` or `kind`, never by the message.
 * Safe across copies of the package: `instanceof` works between ESM and CommonJS.
 */
export abstract class EventBusError extends Error {
  /** The stable name of the error, `EBUS_...`. */
  abstract readonly code: ErrorCode;
  /** The variant's name in the specification, such as `Backpressure`. */
  abstract readonly kind: string;

  protected constructor(family: string, message: string, options?: { cause?: unknown }) {
    super(message, options !== undefined && options.cause !== undefined ? { cause: options.cause } : undefined);
    Object.defineProperty(this, 'name', { value: family, configurable: true, writable: true });
    Object.defineProperty(this, FAMILY, { value: family });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Object.hasOwn(this, 'family')) return hasFamily(value, (this as unknown as { family: string }).family);
    if (this === EventBusError) return typeof value === 'object' && value !== null && FAMILY in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
