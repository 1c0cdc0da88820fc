// A value as JSON text, and what to say of one that has none. A value's own toJSON runs here and nowhere else.
import { IngestionError } from '../errors/ingestion-error.ts';

/** JSON text of a value. @throws IngestionError `Serialization` for what JSON cannot hold. */
export function toJsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : nameOf(cause);
    throw new IngestionError('Serialization', `The event is no JSON value: ${reason}`, { cause });
  }
  if (text === undefined) {
    throw new IngestionError('Serialization', `The event is no JSON value: ${nameOf(value)} has no JSON form.`);
  }
  return text;
}

/** What a value is, in a word, for an error: never the value itself. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
}
