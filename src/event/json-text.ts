// A value as JSON text, and what to say of one that has none. A value's own toJSON runs here and nowhere else.
import { types } from 'node:util';
import { IngestionError } from '../errors/ingestion-error.ts';

/** Bytes have a JSON form that nobody wants. @throws IngestionError `Serialization` for them. */
export function refuseBytes(value: unknown): void {
  if (!ArrayBuffer.isView(value) && !types.isAnyArrayBuffer(value)) return;
  const message = `Bytes (${nameOf(value)}) are no JSON value: use ingestRaw, or RawEvent.fromBytes.`;
  throw new IngestionError('Serialization', message);
}

/** JSON text of a value. @throws IngestionError `Serialization` for what JSON cannot hold. */
export function toJsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new IngestionError('Serialization', `The event is no JSON value: ${reasonOf(cause)}`, { cause });
  }
  if (text === undefined) {
    throw new IngestionError('Serialization', `The event is no JSON value: ${nameOf(value)} has no JSON form.`);
  }
  return text;
}

/** What a value is, in a word, for an error: never the value itself. Never throws. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (types.isProxy(value)) return 'Proxy';
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return 'object'; // a Symbol.toStringTag that throws has no better name
  }
}

/** The first line of what a toJSON threw, which may be anything. */
function reasonOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message).split('\n', 1)[0] as string;
  } catch {
    // A message that cannot be read: the cause itself goes with the error.
  }
  return nameOf(thrown);
}
