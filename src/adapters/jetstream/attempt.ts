// Messages on their way to the stream, all at once, each with an acknowledgement of its own. Invariant: it settles when
// every message has an answer, or when none can come any more; a message without an answer may be stored.
// Hop before: the publisher; hop after: the connection.
import type { Msg } from '@nats-io/transport-node';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Connection } from './connection.ts';
import { decimalAt, digitsEnd } from './decimal.ts';
import type { Outgoing } from './outgoing.ts';
import { type ApiFault, apiError } from './store-error.ts';

const STREAM = Buffer.from('{"stream":"');
const [QUOTE, S, COLON] = [0x22, 0x73, 0x3a];

interface Ack {
  readonly seq?: number;
  readonly error?: ApiFault;
}

export interface AttemptOptions {
  readonly subject: string;
  readonly messages: readonly Outgoing[];
  /** A message is stored, now or before. */
  readonly onStored: (message: Outgoing, streamSeq: number) => void;
}

/**
 * Publishes and waits for all answers.
 * @throws AdapterError after all answers when some were refused, the worst of them; at once when no answer can come
 */
export function publishAll(connection: Connection, options: AttemptOptions): Promise<void> {
  const { messages, onStored, subject } = options;
  let left = messages.length;
  let refused: AdapterError | undefined;
  return new Promise((resolve, reject) => {
    const replies = connection.expect((message, nth) => {
      const outgoing = messages[nth];
      if (outgoing === undefined) return;
      const answer = answerOf(message);
      if (typeof answer === 'number') onStored(outgoing, answer);
      else refused = worse(refused, answer);
      left -= 1;
      if (left > 0) return;
      if (refused === undefined) finish(resolve);
      else fail(refused);
    });
    const finish = (settle: () => void): void => {
      replies.release();
      stopWatching();
      connection.closed.removeEventListener('abort', onClosed);
      settle();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const onClosed = (): void => fail(connection.closed.reason);
    const stopWatching = connection.onViolation((violation) => {
      if (violation.operation !== 'publish' || violation.subject !== subject) return;
      fail(new AdapterError('Connection', `NATS lets this user not publish to "${subject}".`));
    });
    connection.closed.addEventListener('abort', onClosed);
    if (connection.closed.aborted) onClosed();
    else send(connection, { subject, messages, reply: replies.subject }, fail);
  });
}

interface Sending {
  readonly subject: string;
  readonly messages: readonly Outgoing[];
  readonly reply: string;
}

/** In one go: either the connection has them all, or it is over. */
function send({ nats }: Connection, { messages, reply, subject }: Sending, fail: (error: unknown) => void): void {
  try {
    for (let nth = 0; nth < messages.length; nth += 1) {
      const { headers, data } = messages[nth] as Outgoing;
      nats.publish(subject, data, { reply: `${reply}.${nth}`, headers: asHeaders(headers) });
    }
  } catch (cause) {
    fail(new AdapterError('Transient', 'the connection to NATS ended while a batch was sent', { cause }));
  }
}

type ClientHeaders = NonNullable<NonNullable<Parameters<Connection['nats']['publish']>[2]>['headers']>;

/** The client asks headers for nothing but their bytes, and making its own object of them costs more than the rest. */
function asHeaders(bytes: Uint8Array): ClientHeaders {
  return { encode: () => bytes } as unknown as ClientHeaders;
}

/** The stream sequence of `{"stream":"name", "seq":5}`, the usual answer, read from the bytes. */
function plainAck(data: Uint8Array): number | undefined {
  if (data[2] !== STREAM[2]) return undefined;
  for (let at = STREAM.length; at < data.length; at += 1) {
    if (data[at] !== QUOTE || data[at + 1] !== S || data[at + 5] !== COLON) continue;
    const end = digitsEnd(data, at + 6);
    return end > at + 6 ? decimalAt(data, at + 6, end) : undefined;
  }
  return undefined;
}

/** The stream sequence, or why the message was refused. */
function answerOf(message: Msg): number | AdapterError {
  if (message.data.length === 0) {
    return new AdapterError('Transient', 'no JetStream server answers for the stream (no responders)');
  }
  const streamSeq = plainAck(message.data);
  if (streamSeq !== undefined && streamSeq > 0) return streamSeq;
  const ack: Ack = message.json();
  if (ack.error !== undefined) return apiError(ack.error, 'A message was refused');
  if (ack.seq !== undefined && ack.seq > 0) return ack.seq;
  // A leader that knows the id of a message which is not yet stored may tell so: it is no acknowledgement.
  return new AdapterError('Transient', 'a message is on its way to the stream and is not yet stored');
}

const WEIGHT = { Transient: 0, Backpressure: 1, Connection: 2, Shutdown: 2, Serialization: 3, Fatal: 4 } as const;

function worse(one: AdapterError | undefined, other: AdapterError): AdapterError {
  return one === undefined || WEIGHT[other.kind] > WEIGHT[one.kind] ? other : one;
}
