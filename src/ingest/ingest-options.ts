// What may be said with an event: routing key, headers, and in Block mode a signal. Read once, before anything is
// staged, since reading may run a getter of the caller.
import { IngestionError } from '../errors/ingestion-error.ts';
import { nameOf } from '../event/json-text.ts';

/** Options of one ingest. */
export interface IngestOptions {
  /** Events with the same key reach the same shard, in order. Any string; with headers at most 65,535 bytes. */
  readonly key?: string | undefined;
  /** Travels with the event: trace context, content type. Names and values are strings. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Block mode: stops waiting for room. */
  readonly signal?: AbortSignal | undefined;
}

/** Key and headers when they have been read. */
export interface ReadOptions {
  readonly key: string | undefined;
  /** name, value, name, value ... */
  readonly pairs: readonly string[] | undefined;
}

const KNOWN = new Set(['key', 'headers', 'signal']);

/** @throws IngestionError `Serialization` naming what is wrong. */
export function readOptions(options: IngestOptions): ReadOptions {
  const { key, headers } = options;
  if (key === undefined && headers === undefined) refuseUnknown(options);
  if (key !== undefined) checkText(key, 'The routing key');
  return { key, pairs: headers === undefined ? undefined : readPairs(headers) };
}

function refuseUnknown(options: IngestOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new IngestionError('Serialization', `Options of an ingest are an object, got ${nameOf(options)}.`);
  }
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown === undefined) return;
  throw new IngestionError(
    'Serialization',
    `Unknown option '${unknown}' of an ingest: there are key, headers, signal.`,
  );
}

function readPairs(headers: Readonly<Record<string, string>>): string[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new IngestionError('Serialization', `Headers are an object of strings, got ${nameOf(headers)}.`);
  }
  const pairs: string[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    checkText(name, 'The name of a header');
    checkText(value, `Header '${name}'`);
    pairs.push(name, value);
  }
  return pairs;
}

function checkText(text: unknown, what: string): asserts text is string {
  if (typeof text !== 'string') {
    throw new IngestionError('Serialization', `${what} is a string, got ${nameOf(text)}.`);
  }
  if (!text.isWellFormed()) {
    throw new IngestionError('Serialization', `${what} holds a lone surrogate, which UTF-8 cannot write.`);
  }
}
