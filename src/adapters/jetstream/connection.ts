// One connection to a server, from its greeting to its end. Invariant: it is never made again by itself, so what was
// given to a dead one is never sent later; the link makes a new one. All replies come to one inbox, by token.
import { randomBytes } from 'node:crypto';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { ConnectionOptions, Msg, NatsConnection } from '@nats-io/transport-node';
import { addressText, type ServerAddress } from '../../adapter/server-address.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { NatsClients } from './clients.ts';
import type { JetStreamSettings } from './config.ts';
import { decimalAt } from './decimal.ts';
import { releaseProcess } from './idle-handles.ts';
import { keepWrites } from './kept-writes.ts';
import { rawSubject } from './raw-message.ts';
import { type ApiFault, apiError, requestError } from './store-error.ts';

const PING_MS = 10_000;
const NEVER_MS = 2_147_483_647;
const REQUEST_MS = 5000;
const DOT = 0x2e;

/** Gets the replies to a token: the message, and the number that follows the token in its subject. */
export type ReplyHandler = (message: Msg, nth: number) => void;

/** A subject that the server refused, of a publish or a subscription. */
export interface Violation {
  readonly operation: string;
  readonly subject: string;
}

export class Connection {
  readonly nats: NatsConnection;
  readonly manager: JetStreamManager;
  readonly server: ServerAddress;
  readonly #inbox: string;
  readonly #handlers = new Map<number, ReplyHandler>();
  readonly #closed = new AbortController();
  readonly #violations = new Set<(violation: Violation) => void>();
  #nextToken = 0;
  #pinger: NodeJS.Timeout | undefined;

  private constructor(nats: NatsConnection, manager: JetStreamManager, server: ServerAddress) {
    this.nats = nats;
    this.manager = manager;
    this.server = server;
    this.#inbox = `_INBOX.${randomBytes(12).toString('hex')}`;
  }

  static async open(clients: NatsClients, settings: JetStreamSettings, server: ServerAddress): Promise<Connection> {
    const nats = await clients.transport.connect(clientOptions(clients, settings, server));
    const manager = await clients.jetstream.jetstreamManager(nats, { checkAPI: false, timeout: REQUEST_MS });
    const connection = new Connection(nats, manager, server);
    connection.#attend();
    return connection;
  }

  /** Aborts when the connection has ended; the reason is an AdapterError. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The longest message, headers included. */
  get maxPayload(): number {
    return this.nats.info?.max_payload ?? 1_048_576;
  }

  get version(): string {
    return this.nats.info?.version ?? 'unknown';
  }

  /** Has the replies to `subject.<number>` until it is released. */
  expect(handler: ReplyHandler): { readonly subject: string; readonly release: () => void } {
    const token = this.#nextToken;
    this.#nextToken += 1;
    this.#handlers.set(token, handler);
    return { subject: `${this.#inbox}.${token}`, release: () => void this.#handlers.delete(token) };
  }

  /** A request to the JetStream API. @throws AdapterError */
  async request<T>(subject: string, body: unknown, timeoutMs = REQUEST_MS): Promise<T> {
    let answer: T & { readonly error?: ApiFault };
    try {
      const message = await this.nats.request(`$JS.API.${subject}`, JSON.stringify(body), { timeout: timeoutMs });
      answer = message.json();
    } catch (error) {
      throw requestError(error, `JetStream ${subject}`);
    }
    if (answer.error !== undefined) throw Object.assign(apiError(answer.error, subject), { fault: answer.error });
    return answer;
  }

  /** Calls when the server refuses a subject; returns how to stop. */
  onViolation(listener: (violation: Violation) => void): () => void {
    this.#violations.add(listener);
    return () => void this.#violations.delete(listener);
  }

  /** Ends it at once: whatever waits learns so, and nothing more is sent. */
  end(reason: AdapterError): void {
    if (this.closed.aborted) return;
    this.#closed.abort(reason);
    clearInterval(this.#pinger);
    this.#handlers.clear();
    // Its outcome changes nothing: the connection is given up.
    this.nats.close().catch(() => undefined);
  }

  #attend(): void {
    const { nats } = this;
    releaseProcess(nats);
    keepWrites(nats);
    const start = this.#inbox.length + 1;
    nats.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, message) => {
        if (error !== null) return;
        const subject = rawSubject(message);
        const dot = subject.indexOf(DOT, start);
        this.#handlers.get(decimalAt(subject, start, dot))?.(message, decimalAt(subject, dot + 1, subject.length));
      },
    });
    void this.#watchStatus();
    const lost = (cause: unknown): void =>
      this.end(
        new AdapterError('Transient', `the connection to NATS at ${addressText(this.server)} was lost`, { cause }),
      );
    void nats.closed().then(lost);
    this.#pinger = setInterval(() => this.#ping(lost), PING_MS);
    this.#pinger.unref();
  }

  /** A connection whose other end is gone without a word answers no ping. */
  #ping(lost: (cause: unknown) => void): void {
    const late = setTimeout(() => lost(new Error(`no answer to a ping within ${PING_MS} ms`)), PING_MS);
    late.unref();
    this.nats.flush().then(
      () => clearTimeout(late),
      // The end of the connection is told by itself.
      () => clearTimeout(late),
    );
  }

  async #watchStatus(): Promise<void> {
    for await (const status of this.nats.status()) {
      if (status.type !== 'error' || status.error.name !== 'PermissionViolationError') continue;
      const violation = status.error as unknown as Violation;
      for (const listener of [...this.#violations]) listener(violation);
    }
  }
}

function clientOptions(clients: NatsClients, settings: JetStreamSettings, server: ServerAddress): ConnectionOptions {
  const { credentials, nkey, user, password, token, tls } = settings;
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  return {
    servers: [addressText(server)],
    name: settings.name,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: settings.connectTimeoutMs,
    pingInterval: NEVER_MS,
    ...(user === undefined ? {} : { user, pass: password ?? '' }),
    ...(token === undefined ? {} : { token }),
    ...(credentials === undefined
      ? {}
      : { authenticator: clients.transport.credsAuthenticator(encode(`${credentials}\n`)) }),
    ...(nkey === undefined ? {} : { authenticator: clients.transport.nkeyAuthenticator(encode(nkey)) }),
    ...(tls === undefined ? {} : { tls: { ...tls } as NonNullable<ConnectionOptions['tls']> }),
  };
}
