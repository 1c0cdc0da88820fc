// One connection to one server, made when it is first needed and made again after it broke. Invariant: nothing is sent
// while there is no connection, nothing is sent again by itself but reads, and it never keeps the process alive.
import { clearTimeout, setTimeout } from 'node:timers';
import { addressText, type ServerAddress } from '../../adapter/server-address.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Part, RedisClient, RedisModule, Reply } from './client.ts';
import type { RedisSettings } from './config.ts';
import { ErrorMapper, replyCode } from './redis-error.ts';

/** The client's number for strings of bytes, which come as Buffers where that is asked for. */
const BYTES_AS_BUFFERS = Object.freeze({ typeMapping: Object.freeze({ 36: Buffer }) });

export interface SendOptions {
  /** What is being done, for errors. */
  readonly what: string;
  /** Strings as Buffers. */
  readonly bytes?: boolean;
  /** A read: done again on a new connection when the old one turns out to be dead. */
  readonly again?: boolean;
  /** The server may wait by itself for so long before it answers, ms. */
  readonly waitsMs?: number;
  /** Gives the connection up when it aborts before the answer. */
  readonly signal?: AbortSignal;
}

/** What all connections of an adapter have in common. */
export interface ConnectionSetup {
  readonly module: RedisModule;
  readonly settings: RedisSettings;
  /** While the adapter starts, a server that is not there is one that is not to be had. */
  readonly phase: { readonly starting: boolean };
}

export class Connection {
  readonly errors: ErrorMapper;
  readonly #module: RedisModule;
  readonly address: ServerAddress;
  readonly #settings: RedisSettings;
  readonly #phase: { readonly starting: boolean };
  #client: RedisClient | undefined;
  #opening: Promise<RedisClient> | undefined;
  #closed = false;
  /** Counts connections: what was set up on one is gone on the next. */
  #made = 0;

  constructor({ module, settings, phase }: ConnectionSetup, address: ServerAddress) {
    this.#module = module;
    this.address = address;
    this.#settings = settings;
    this.#phase = phase;
    this.errors = new ErrorMapper({
      isReply: (error) => error instanceof module.ErrorReply,
      where: addressText(address),
      secrets: settings.password === undefined ? [] : [settings.password],
    });
  }

  /** The server, as it is shown. */
  get name(): string {
    return addressText(this.address);
  }

  /** Changes when the connection was made again. */
  get made(): number {
    return this.#made;
  }

  /** Sends a read that the user may not be allowed, or the server not know: undefined then. @throws AdapterError */
  async sendIfAllowed(parts: readonly Part[], what: string): Promise<Reply | undefined> {
    try {
      return await this.send(parts, { what, again: true });
    } catch (error) {
      const refused = error instanceof AdapterError && this.errors.isReply(error.cause) && error.kind !== 'Transient';
      if (!refused || replyCode((error.cause as Error).message) === 'NOAUTH') throw error;
      return undefined;
    }
  }

  /** Sends one command. @throws AdapterError */
  async send(parts: readonly Part[], options: SendOptions): Promise<Reply> {
    const [reply] = await this.sendAll([parts], options);
    return reply as Reply;
  }

  /** Sends commands behind one another; rejects with the first one's error. @throws AdapterError */
  async sendAll(commands: readonly (readonly Part[])[], options: SendOptions): Promise<readonly Reply[]> {
    const before = this.#client;
    try {
      return await this.#sendOnce(commands, options);
    } catch (error) {
      // Only a connection that was there before can have died unnoticed.
      const died = before !== undefined && this.#client !== before && !this.errors.isReply(error);
      if (!died || options.again !== true || this.#closed || options.signal?.aborted) throw this.#told(error, options);
    }
    try {
      return await this.#sendOnce(commands, options);
    } catch (error) {
      throw this.#told(error, options);
    }
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#giveUp(this.#client);
  }

  /** Ends it; the next command makes it again. */
  reset(): void {
    this.#giveUp(this.#client);
  }

  #told(error: unknown, { what }: SendOptions): unknown {
    return this.#closed
      ? new AdapterError('Shutdown', `${what}: the adapter is shut down`)
      : this.errors.of(error, what);
  }

  async #sendOnce(commands: readonly (readonly Part[])[], options: SendOptions): Promise<readonly Reply[]> {
    const client = this.#client ?? (await this.#ready());
    options.signal?.throwIfAborted();
    const waitMs = this.#settings.replyTimeoutMs + (options.waitsMs ?? 0);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#giveUp(client);
    }, waitMs);
    timer.unref();
    const abort = (): void => this.#giveUp(client);
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      const mapping = options.bytes === true ? BYTES_AS_BUFFERS : undefined;
      return await Promise.all(commands.map((parts) => client.sendCommand(parts, mapping)));
    } catch (error) {
      if (!late) throw error;
      const message = `${options.what}: ${addressText(this.address)} did not answer within ${waitMs} ms`;
      throw new AdapterError('Transient', `${message}; the connection is made again`, { cause: error });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  #ready(): Promise<RedisClient> {
    if (this.#closed) return Promise.reject(new AdapterError('Shutdown', 'The Redis adapter is shut down.'));
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<RedisClient> {
    const { connectTimeoutMs } = this.#settings;
    const client = this.#module.createClient(this.#clientOptions());
    // Whoever waits for an answer is told by its rejection; without a listener the process would end.
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined;
      // A turn later, so that whoever waits is told this error and not that the client was destroyed.
      queueMicrotask(() => destroy(client));
    });
    client.unref();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`there was no answer within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      timer.unref();
    });
    try {
      // PING: a server that wants a password, or is loading, says so to the first command only.
      await Promise.race([client.connect().then(() => client.sendCommand(['PING'])), late]);
    } catch (error) {
      destroy(client);
      throw this.errors.ofConnecting(error, this.#phase.starting);
    } finally {
      clearTimeout(timer);
    }
    if (this.#closed) {
      destroy(client);
      throw new AdapterError('Shutdown', 'The Redis adapter is shut down.');
    }
    this.#made += 1;
    this.#client = client;
    return client;
  }

  #giveUp(client: RedisClient | undefined): void {
    if (client === undefined) return;
    if (this.#client === client) this.#client = undefined;
    destroy(client);
  }

  #clientOptions(): Readonly<Record<string, unknown>> {
    const { connectTimeoutMs, database, password, tls, username } = this.#settings;
    return {
      socket: {
        ...tls,
        tls: tls !== undefined,
        host: this.address.host,
        port: this.address.port,
        connectTimeout: connectTimeoutMs,
        // Made again when it is needed: a connection that repairs itself would keep an idle process alive.
        reconnectStrategy: false,
      },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      database,
      RESP: 2,
      maintNotifications: 'disabled',
      disableClientInfo: true,
      disableOfflineQueue: true,
      commandOptions: { timeout: undefined },
    };
  }
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // Version 5 of the package says that it is closed already.
  }
}
