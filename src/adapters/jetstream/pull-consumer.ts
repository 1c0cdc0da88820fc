// Reads messages of the stream in order through a consumer of the server's that lives as long as it is used.
// Invariant: messages are handed on as they come, in stream order, none twice and none missing; where that can't be
// kept it is `dead`, and the reader makes another one. Hop before: session, read-back; hop after: the connection.
import { randomBytes } from 'node:crypto';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { deliveredBy } from './ack-reply.ts';
import type { Connection } from './connection.ts';
import { rawHeaders, rawReply } from './raw-message.ts';
import { isTimeout } from './store-error.ts';
import type { StoredMessage } from './stored-message.ts';

/** Where and what to read. */
export interface PullOptions {
  readonly stream: string;
  readonly filter: string;
  /** The first stream sequence to look at. */
  readonly startSeq: number;
  /** Leaves the payloads out. */
  readonly headersOnly?: boolean;
  readonly onMessage: (message: StoredMessage) => void;
}

const INACTIVE_MS = 60_000;
/** Silence in the middle of a request: the server has taken the consumer away, or counts messages that are purged. */
const SILENCE_MS = 500;
const STAND_MS = 60_000;
const NS_PER_MS = 1_000_000;
const NO_MESSAGES = 404;
/** The rest of a request that ran out of time, messages or bytes. */
const ENDINGS = new Set([NO_MESSAGES, 408]);
/** What else ends a request and not the consumer; nats-server 2.10 and later say `Batch Completed`. */
const ENDING_WORDS = new Set(['Message Size Exceeds MaxBytes', 'Batch Completed']);

/**
 * A cluster puts a consumer on any server that keeps the stream, also on one that was killed a moment ago: nothing answers
 * then, and the next try may be luckier. What was made unheard is taken away by the server like any idle one.
 */
const CREATE_MS = 1000;
const MOST_TRIES = 5;

interface Made {
  readonly name: string;
  readonly num_pending: number;
}

interface Request {
  left: number;
  readonly done: () => void;
}

export class PullConsumer {
  /** Messages that follow the last one that came, as the server counted when it sent that one. */
  pending: number;
  readonly #connection: Connection;
  readonly #options: PullOptions;
  readonly #name: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  #consumerSeq = 0;
  #nextRequest = 0;
  #request: { readonly id: string; readonly of: Request } | undefined;
  #standing: string | undefined;
  #usedAtMs = Date.now();
  #ended = false;

  private constructor(connection: Connection, options: PullOptions, name: string, pending: number) {
    this.#connection = connection;
    this.#options = options;
    this.#name = name;
    this.pending = pending;
    this.#inbox = `_INBOX.${randomBytes(12).toString('hex')}`;
    this.#subscription = connection.nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(message);
        else this.#ended = true;
      },
    });
  }

  /** @throws AdapterError */
  static async create(connection: Connection, options: PullOptions): Promise<PullConsumer> {
    const { filter, headersOnly = false, startSeq, stream } = options;
    const config = {
      ack_policy: 'none',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, startSeq),
      filter_subject: filter,
      headers_only: headersOnly,
      inactive_threshold: INACTIVE_MS * NS_PER_MS,
      mem_storage: true,
      num_replicas: 1,
    };
    for (let tries = 1; ; tries += 1) {
      try {
        const body = { stream_name: stream, config };
        const made = await connection.request<Made>(`CONSUMER.CREATE.${stream}`, body, CREATE_MS);
        return new PullConsumer(connection, options, made.name, made.num_pending);
      } catch (error) {
        if (tries === MOST_TRIES || !isTimeout(error)) throw error;
      }
    }
  }

  /** It can't go on: the connection ended, the server took the consumer away, or a message is missing. */
  get dead(): boolean {
    const idle = this.#standing === undefined && Date.now() - this.#usedAtMs > INACTIVE_MS / 2;
    return this.#ended || this.#connection.closed.aborted || idle;
  }

  /** When it was asked to tell of the next message, by `Date.now`; undefined when it is not asked or has told. */
  get standsSinceMs(): number | undefined {
    return this.#standing === undefined ? undefined : this.#usedAtMs;
  }

  /**
   * Settles when up to `count` messages have come, or all that there are; when it is `dead` then, more may be there.
   * @throws AdapterError when the connection ends
   */
  async pull(count: number, maxBytes: number): Promise<void> {
    const id = this.#nextId();
    this.#usedAtMs = Date.now();
    const { closed } = this.#connection;
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        closed.removeEventListener('abort', onClosed);
        this.#request = undefined;
        settle();
      };
      const onClosed = (): void => finish(() => reject(closed.reason));
      const onSilence = (): void => {
        const leftMs = this.#usedAtMs + SILENCE_MS - Date.now();
        if (leftMs > 0) {
          timer = setTimeout(onSilence, leftMs);
          return;
        }
        this.#ended = true;
        finish(resolve);
      };
      let timer = setTimeout(onSilence, SILENCE_MS);
      this.#request = { id, of: { left: count, done: () => finish(resolve) } };
      closed.addEventListener('abort', onClosed);
      if (closed.aborted) onClosed();
      else this.#ask(id, { batch: count, no_wait: true, max_bytes: maxBytes });
    });
  }

  /** Asks for the next message, whenever it comes. */
  stand(): void {
    if (this.#standing !== undefined || this.dead) return;
    this.#standing = this.#nextId();
    this.#usedAtMs = Date.now();
    this.#ask(this.#standing, { batch: 1, expires: STAND_MS * NS_PER_MS });
  }

  /** Gives the consumer back. Its failure is harmless: the server takes an idle one away. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#request?.of.done();
    if (this.#connection.closed.aborted) return;
    this.#subscription.unsubscribe();
    this.#connection.manager.consumers.delete(this.#options.stream, this.#name).catch(() => undefined);
  }

  #nextId(): string {
    this.#nextRequest += 1;
    return `${this.#inbox}.${this.#nextRequest}`;
  }

  #ask(reply: string, body: unknown): void {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#options.stream}.${this.#name}`;
    try {
      this.#connection.nats.publish(subject, JSON.stringify(body), { reply });
    } catch {
      // The connection has ended, which its signal tells everyone who waits.
      this.#ended = true;
    }
  }

  #take(message: Msg): void {
    const delivery = deliveredBy(rawReply(message));
    if (delivery === undefined) {
      this.#takeStatus(message);
      return;
    }
    this.#usedAtMs = Date.now();
    if (delivery.consumerSeq !== this.#consumerSeq + 1) this.#ended = true;
    if (this.#ended) {
      this.#request?.of.done();
      return;
    }
    this.#consumerSeq = delivery.consumerSeq;
    this.pending = delivery.pending;
    const request = this.#request?.of;
    // One that stands is served first; the request that is under way finds fewer then, which the count allows for.
    this.#standing = undefined;
    const headers = rawHeaders(message);
    // A server that is behind its cluster begins where it is.
    if (delivery.streamSeq >= this.#options.startSeq) {
      this.#options.onMessage({ streamSeq: delivery.streamSeq, headers, data: message.data });
    }
    if (request === undefined) return;
    request.left -= 1;
    if (request.left <= 0 || this.pending === 0) request.done();
  }

  #takeStatus(message: Msg): void {
    const { subject } = message;
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    const over = ENDINGS.has(code) || ENDING_WORDS.has(message.headers?.description ?? '');
    if (code === NO_MESSAGES && this.#request?.id === subject) this.pending = 0;
    if (!over) this.#ended = true;
    if (subject === this.#standing) this.#standing = undefined;
    if (this.#request?.id === subject || !over) this.#request?.of.done();
  }
}
