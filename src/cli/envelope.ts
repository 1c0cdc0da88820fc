// The form of an event that is more than its payload's own line, and the way back. `poll` and `tail` write it,
// `ingest` reads it. Invariant: reading what was written gives the payload byte for byte, and key and headers.
//
//   {"meshbus":{ id, shard, time, timestampNs, key, headers },"payload":...}    the payload's own bytes, JSON in one line
//   {"meshbus":{ ... },"base64":"..."}                                          any other payload
//
// A line that begins with the marker is an envelope; a payload that begins so is therefore written as base64.
import type { StoredEvent } from '../event/stored-event.ts';

const MARKER = '{"meshbus":';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What an envelope holds that can be ingested again. */
export interface Enveloped {
  readonly payload: string | Buffer;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether a line is to be read as an envelope. */
export function isMarked(line: string): boolean {
  return line.startsWith(MARKER);
}

/** One event as a line without its \n: the payload as it is where that is one line of JSON. */
export function eventLine(event: StoredEvent, asEnvelope: boolean): string {
  const text = jsonLine(event);
  if (!asEnvelope && text !== undefined) return text;
  const meta = asEnvelope ? JSON.stringify(metaOf(event)) : '{}';
  if (text !== undefined) return `${MARKER}${meta},"payload":${text}}`;
  return `${MARKER}${meta},"base64":"${Buffer.from(event.bytes.buffer).toString('base64')}"}`;
}

/** Reads an envelope. @throws Error that says what is wrong with it */
export function readEnvelope(line: string): Enveloped {
  const [, form] = /\}\s*,\s*"(payload|base64)"\s*:/.exec(line) ?? [];
  return form === 'payload' ? readJson(line) : readBase64(line);
}

/** The payload as text if it is JSON in one line and cannot be taken for an envelope. */
function jsonLine(event: StoredEvent): string | undefined {
  let text: string;
  try {
    text = event.text();
    event.json();
  } catch {
    return undefined; // Not UTF-8, or not JSON: then it goes as base64.
  }
  return text.includes('\n') || isMarked(text) ? undefined : text;
}

function metaOf(event: StoredEvent): object {
  const { id, shard, key, headers } = event;
  const timestampNs = String(event.timestampNs);
  // JSON.stringify leaves out what is undefined.
  return { id, shard, time: event.timestamp.toISOString(), timestampNs, key, headers };
}

/**
 * The payload is what stands between the colon and the last brace, untouched. No string before it can hold this
 * separator, since a quote inside a string has a backslash before it, and headers have text values alone.
 */
function readJson(line: string): Enveloped {
  const separator = /\}\s*,\s*"payload"\s*:/.exec(line);
  const end = line.lastIndexOf('}');
  if (separator === null || end < separator.index) throw new Error('it has no payload');
  const head = readMeta(JSON.parse(`${line.slice(0, separator.index + 1)}}`));
  const payload = line.slice(separator.index + separator[0].length, end);
  JSON.parse(payload);
  if (line.slice(end + 1).trim() !== '') throw new Error('something follows its last brace');
  return { ...head, payload };
}

function readBase64(line: string): Enveloped {
  const value = JSON.parse(line) as Record<string, unknown>;
  const { base64, ...rest } = value;
  if (typeof base64 !== 'string') throw new Error('it has neither payload nor base64');
  if (!BASE64.test(base64) || base64.length % 4 !== 0) throw new Error('its base64 is damaged');
  return { ...readMeta(rest), payload: Buffer.from(base64, 'base64') };
}

function readMeta(head: unknown): Omit<Enveloped, 'payload'> {
  const { meshbus, ...rest } = head as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`it has the unknown member '${unknown}'`);
  if (typeof meshbus !== 'object' || meshbus === null) throw new Error('its member meshbus is no object');
  const { key, headers } = meshbus as { readonly key?: unknown; readonly headers?: unknown };
  if (key !== undefined && typeof key !== 'string') throw new Error('its key is no text');
  if (headers !== undefined && (typeof headers !== 'object' || headers === null || Array.isArray(headers))) {
    throw new Error('its headers are no object');
  }
  return {
    ...(key === undefined ? {} : { key }),
    ...(headers === undefined ? {} : { headers: headers as Readonly<Record<string, string>> }),
  };
}
