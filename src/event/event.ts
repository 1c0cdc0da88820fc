// An event as a JSON value: the convenient form. The value is serialised when it is ingested, not before.
import { IngestionError } from '../errors/ingestion-error.ts';
import { RawEvent } from './raw-event.ts';

const MARK = Symbol.for('meshbus.Event');

/** Whether a value is an Event, of any copy of the package. */
export function isEvent(value: object): value is Event {
  return MARK in value;
}

/**
 * A JSON value on its way into a bus.
 *
 * @example
 * ```ts
 * bus.ingest(new Event({ token: 'Hello' }), { key: 'session-1' });
 * ```
 */
export class Event<T = unknown> {
  readonly [MARK] = true;
  /** The value itself, not a copy. */
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  /** Parses JSON text. @throws IngestionError `Serialization` when it is not JSON. */
  static fromString<T = unknown>(text: string): Event<T> {
    try {
      return new Event(JSON.parse(text) as T);
    } catch (cause) {
      throw new IngestionError('Serialization', 'Event.fromString: the text is not JSON.', { cause });
    }
  }

  /** Parses JSON in UTF-8. @throws IngestionError `Serialization` when it is not that. */
  static fromBytes<T = unknown>(bytes: Uint8Array): Event<T> {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new IngestionError('Serialization', 'Event.fromBytes: the bytes are not UTF-8.', { cause });
    }
    return Event.fromString(text);
  }

  /** The event as bytes. @throws IngestionError `Serialization` for a value that JSON cannot hold. */
  toRaw(): RawEvent {
    return RawEvent.fromValue(this.value);
  }

  toJSON(): T {
    return this.value;
  }
}
