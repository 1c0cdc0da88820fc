// What may be said with an event: routing key, headers, and in Block mode a signal. Read once, before anything is
// staged, since reading may run a getter of the caller.
import { IngestionError } from '../errors/ingestion-error.ts';
import { nameOf } from '../event/json-text.ts';

/** Options of one ingest. */
export interface IngestOptions {
  /**
   * Events with the same key reach the same shard, in order. Any string; key, names and values of headers have at most
   * 65,535 bytes together, two more counted for each of them.
   */
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
  readonly signal: AbortSignal | undefined;
}

/** What null is read as, on its way to be refused. */
const NO_OPTIONS: IngestOptions = {};
const KNOWN = new Set(['key', 'headers', 'signal']);

/** @throws IngestionError `Serialization` naming what is wrong. */
export function readOptions(options: IngestOptions | null): ReadOptions {
  const { key, headers, signal } = options ?? NO_OPTIONS;
  if (key === undefined && headers === undefined) refuseUnknown(options);
  if (key !== undefined) checkText(key, 'The routing key');
  if (signal !== undefined) checkSignal(signal);
  return { key, pairs: headers === undefined ? undefined : readPairs(headers), signal };
}

function refuseUnknown(options: IngestOptions | null): void {
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
    checkText(value, 'The header', name);
    pairs.push(name, value);
  }
  return pairs;
}

function checkSignal(signal: unknown): void {
  if (typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function') return;
  throw new IngestionError('Serialization', `The signal of an ingest is an AbortSignal, got ${nameOf(signal)}.`);
}

function checkText(text: unknown, what: string, name?: string): asserts text is string {
  if (typeof text !== 'string' || !text.isWellFormed()) throw textFault(text, what, name);
}

function textFault(text: unknown, what: string, name: string | undefined): IngestionError {
  const subject = name === undefined ? what : `${what} '${name}'`;
  if (typeof text !== 'string')
    return new IngestionError('Serialization', `${subject} is a string, got ${nameOf(text)}.`);
  return new IngestionError('Serialization', `${subject} holds a lone surrogate, which UTF-8 cannot write.`);
}
