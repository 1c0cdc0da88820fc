// Events as a reader gets them. Invariant: one small object an event; all but its name is made when it is asked for, and
// `bytes` is a copy that belongs to who asked.
import type { StoredRecord } from '../../adapter/contract.ts';
import type { FrameBatch } from '../../frame/batch.ts';
import { FrameRecord } from '../../frame/record.ts';
import type { RecordBlock } from '../../frame/record-block.ts';
import { decodeValue } from './header-text.ts';
import type { MessageName } from './message-records.ts';
import { placeText, tagOf } from './place.ts';
import { fieldOf, type StoredMessage } from './stored-message.ts';

/** An event and where in the stream it lies. */
export interface MessageRecord extends StoredRecord {
  readonly streamSeq: number;
  /** How many records of the message lie up to and with this one. */
  readonly nth: number;
  readonly payloadBytes: number;
}

const OURS = /^(?:nats-|mb-)/i;
const DIGITS = /^\d{1,20}$/;
const HASH = /^[0-9a-f]{16}$/;

/** An event that is a message of its own. */
export class EventRecord implements MessageRecord {
  readonly streamSeq: number;
  readonly producer: string;
  readonly sequence: number;
  readonly #message: StoredMessage;
  readonly #streamTag: string;

  private constructor(message: StoredMessage, name: MessageName, streamTag: string) {
    this.#message = message;
    this.#streamTag = streamTag;
    this.streamSeq = message.streamSeq;
    this.producer = name.producer;
    this.sequence = name.firstSequence;
  }

  /** Undefined when a field is missing that each event has. */
  static of(message: StoredMessage, name: MessageName, streamTag: string): EventRecord | undefined {
    const { headers } = message;
    const whole = DIGITS.test(fieldOf(headers, 'Mb-Time') ?? '') && HASH.test(fieldOf(headers, 'Mb-Hash') ?? '');
    return whole ? new EventRecord(message, name, streamTag) : undefined;
  }

  get nth(): number {
    return 1;
  }

  get payloadBytes(): number {
    return this.#message.data.length;
  }

  get timestampNs(): bigint {
    return BigInt(this.#field('Mb-Time') ?? 0);
  }

  get hash(): bigint {
    return BigInt(`0x${this.#field('Mb-Hash')}`);
  }

  get lostBefore(): number | undefined {
    const lost = this.#field('Mb-Lost');
    return lost === undefined ? undefined : Number(lost);
  }

  get key(): string | undefined {
    const key = this.#field('Mb-Key');
    return key === undefined ? undefined : decodeValue(key);
  }

  get headers(): Readonly<Record<string, string>> | undefined {
    const whole = this.#field('Mb-Headers');
    const pairs =
      whole === undefined ? this.#plainPairs() : (JSON.parse(decodeURIComponent(whole)) as [string, string][]);
    if (pairs.length === 0) return undefined;
    const headers: Record<string, string> = {};
    for (const [name, value] of pairs) {
      // Names such as `__proto__` are own properties, too.
      Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return headers;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#message.data);
  }

  get position(): string {
    const event = { nth: 1, sequence: this.sequence, producerTag: tagOf(this.producer) };
    return placeText({ streamSeq: this.streamSeq, event, streamTag: this.#streamTag });
  }

  #field(name: string): string | undefined {
    return fieldOf(this.#message.headers, name);
  }

  #plainPairs(): [string, string][] {
    return this.#message.headers.split('\r\n').flatMap((line, nth): [string, string][] => {
      const colon = line.indexOf(':');
      if (nth === 0 || colon < 0 || OURS.test(line)) return [];
      return [[line.slice(0, colon), line.slice(colon + 1).trim()]];
    });
  }
}

/** A frame that is one message. */
export interface FrameMessage {
  readonly batch: FrameBatch;
  readonly block: RecordBlock;
  readonly streamSeq: number;
  readonly streamTag: string;
  /** Events that are missing right before the first. */
  readonly lostBefore: number;
}

/** An event of a frame. */
export class FrameMessageRecord extends FrameRecord implements MessageRecord {
  readonly nth: number;
  readonly #message: FrameMessage;

  /** The `nth` record, counted from 1, which begins at the offset `at` of the block. */
  constructor(message: FrameMessage, nth: number, at: number) {
    super(message.block, at);
    this.#message = message;
    this.nth = nth;
  }

  get streamSeq(): number {
    return this.#message.streamSeq;
  }

  get producer(): string {
    return this.#message.batch.producer;
  }

  get lostBefore(): number | undefined {
    const { lostBefore } = this.#message;
    return this.nth === 1 && lostBefore > 0 ? lostBefore : undefined;
  }

  get position(): string {
    const event = { nth: this.nth, sequence: this.sequence, producerTag: tagOf(this.producer) };
    return placeText({ streamSeq: this.streamSeq, event, streamTag: this.#message.streamTag });
  }
}
