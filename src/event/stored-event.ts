// One event as a consumer gets it: a lazy view of a stored record, made by `poll` and `subscribe`.
// Invariant: whatever it hands out belongs to the caller; changing it changes neither the store nor another event.
import { AdapterError } from '../errors/adapter-error.ts';
import { ConsumerError } from '../errors/consumer-error.ts';
import { payloadText } from './payload-text.ts';

/** What a stored event is made of: the part of the adapter contract's StoredRecord that it reads. */
export interface StoredPayload {
  readonly sequence: number;
  readonly timestampNs: bigint;
  readonly producer: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bytes: Uint8Array;
  /** Offered by records that decode without a copy, and whose `bytes` are a copy already. */
  utf8?(): string | undefined;
}

/** The page that an event came on. */
export interface EventTrail {
  shardOf(index: number): number;
  isLate(index: number): boolean;
  /** What a page that ends right after this event would give. */
  cursorAt(index: number): string;
}

/** An event as JSON: what `JSON.stringify` and web handlers see. */
export interface StoredEventJson {
  readonly id: string;
  readonly shard: number;
  readonly sequence: number;
  readonly producer: string;
  /** Nanoseconds since the Unix epoch, in decimal digits. */
  readonly timestampNs: string;
  readonly timestamp: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly late: boolean;
  /** The payload, when it is JSON. */
  readonly payload?: unknown;
  /** The payload's bytes, when it is not JSON. */
  readonly base64?: string;
}

interface Parsed {
  readonly value: unknown;
}

interface Made {
  bytes?: Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>> | undefined;
  parsed?: Parsed | undefined;
}

// structuredClone and postMessage print the symbol that they cannot clone: this is how they say what to pass instead.
const NOT_CLONEABLE = Symbol('a StoredEvent; pass event.toJSON() or event.bytes instead');
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * A stored event. Fields are read on demand; `bytes`, `headers` and `json()` give the same object each time.
 *
 * @example
 * ```ts
 * const page = await bus.poll({ limit: 100 });
 * for (const event of page.events) console.log(event.id, event.json());
 * ```
 */
export class StoredEvent<T = unknown> {
  /** Makes cloning fail with a message that says what to pass instead. Carries nothing. */
  readonly cloneable: symbol = NOT_CLONEABLE;
  readonly #record: StoredPayload;
  readonly #trail: EventTrail;
  readonly #index: number;
  /** What was made on demand: one field, so that an event nobody looks into stays small. */
  #made: Made | undefined;

  /** Made by `poll` and `subscribe` alone. */
  constructor(record: StoredPayload, trail: EventTrail, index: number) {
    this.#record = record;
    this.#trail = trail;
    this.#index = index;
  }

  /** `producer/shard/sequence`: names the event for ever, on every adapter. The key for deduplication. */
  get id(): string {
    return `${this.#record.producer}/${this.shard}/${this.#record.sequence}`;
  }

  get shard(): number {
    return this.#trail.shardOf(this.#index);
  }

  /** Counts the events of this producer and shard, without holes but for dropped events. */
  get sequence(): number {
    return this.#record.sequence;
  }

  /** The start of the bus that ingested the event. */
  get producer(): string {
    return this.#record.producer;
  }

  /** When it was ingested, nanoseconds since the Unix epoch. */
  get timestampNs(): bigint {
    return this.#record.timestampNs;
  }

  /** When it was ingested, in whole milliseconds. */
  get timestamp(): Date {
    return new Date(Number(this.#record.timestampNs / 1_000_000n));
  }

  /** The routing key that the event was ingested with. */
  get key(): string | undefined {
    return this.#record.key;
  }

  /** The headers that the event was ingested with, frozen. */
  get headers(): Readonly<Record<string, string>> | undefined {
    const made = this.#ownMade();
    made.headers ??= ownHeaders(this.#record.headers);
    return made.headers;
  }

  /** True in Timestamp order when a younger event was returned before this one. */
  get late(): boolean {
    return this.#trail.isLate(this.#index);
  }

  /** The payload exactly as it was ingested, in memory of its own: yours to change or to transfer. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const made = this.#ownMade();
    made.bytes ??= ownBytes(this.#record);
    return made.bytes;
  }

  /** Resumes right after this event: what a page that ends here would give. Made on demand. */
  get cursor(): string {
    return this.#trail.cursorAt(this.#index);
  }

  /** The payload as text. @throws ConsumerError, its cause AdapterError Serialization, when it is not UTF-8. */
  text(): string {
    const text = payloadText(this.#record);
    if (text === undefined) throw this.#unreadable('UTF-8 text');
    return text;
  }

  /**
   * The payload as a JSON value, parsed once.
   * @throws ConsumerError, its cause AdapterError Serialization, when it is not JSON in UTF-8.
   */
  json<U = T>(): U {
    const parsed = this.#parse();
    if (parsed === undefined) throw this.#unreadable('JSON in UTF-8');
    return parsed.value as U;
  }

  /** The event as a plain value for `JSON.stringify` and for workers: the stamp as digits, bytes as base64. */
  toJSON(): StoredEventJson {
    const { key, headers } = this;
    const parsed = this.#parse();
    return {
      id: this.id,
      shard: this.shard,
      sequence: this.sequence,
      producer: this.producer,
      timestampNs: String(this.timestampNs),
      timestamp: this.timestamp.toISOString(),
      ...(key === undefined ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
      late: this.late,
      ...(parsed === undefined ? { base64: base64Of(this.#record.bytes) } : { payload: parsed.value }),
    };
  }

  [INSPECT](_depth: number, _options: unknown, inspect: (value: unknown) => string): string {
    return `StoredEvent ${inspect(this.#shown())}`;
  }

  /** What `inspect` shows: members by the names and types that they have, so that what is read there can be written. */
  #shown(): object {
    const { id, shard, sequence, producer, timestampNs, timestamp, key, headers, late } = this;
    const parsed = this.#parse();
    return {
      id,
      shard,
      sequence,
      producer,
      timestampNs,
      timestamp,
      ...(key === undefined ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
      late,
      ...(parsed === undefined ? { bytes: this.bytes } : { 'json()': parsed.value }),
    };
  }

  #ownMade(): Made {
    this.#made ??= {};
    return this.#made;
  }

  #parse(): Parsed | undefined {
    const made = this.#ownMade();
    made.parsed ??= parse(this.#record);
    return made.parsed;
  }

  #unreadable(form: string): ConsumerError {
    const message = `event ${this.id} (${this.#record.bytes.byteLength} bytes) is not ${form}; read event.bytes instead`;
    return new ConsumerError('Adapter', message, { cause: new AdapterError('Serialization', message) });
  }
}

function parse(record: StoredPayload): Parsed | undefined {
  const text = payloadText(record);
  if (text === undefined) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // Not JSON is an answer here; who needs JSON gets an error that does not quote the payload.
  }
}

/** Records that offer `utf8` hand out a copy. To ask such bytes for their buffer would cost more than the copy did. */
function ownBytes(record: StoredPayload): Uint8Array<ArrayBuffer> {
  const { bytes } = record;
  if (typeof record.utf8 === 'function') return bytes as Uint8Array<ArrayBuffer>;
  const own = new Uint8Array(bytes.byteLength);
  own.set(bytes);
  return own;
}

/** Names such as `__proto__` stay own properties: assignment would change the prototype instead. */
function ownHeaders(
  headers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined;
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    Object.defineProperty(own, name, { value, enumerable: true });
  }
  return Object.freeze(own);
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
