// The way to the servers: the open connection, or the making of the next one. Invariant: at most one connection and one
// dial at a time; a connection is handed out once `prepare` has looked at the stream through it.
// Hop before: adapter, reader, publisher; hop after: the connection.
import { addressText, bareHost, type ServerAddress } from '../../adapter/server-address.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { AbortFan } from '../../util/abort-fan.ts';
import { abortable } from '../../util/abortable.ts';
import { type ClientLoaders, loadClients, type NatsClients } from './clients.ts';
import type { JetStreamSettings } from './config.ts';
import { Connection } from './connection.ts';
import { probe } from './probe.ts';
import { connectError } from './store-error.ts';

export interface LinkOptions {
  readonly settings: JetStreamSettings;
  readonly load: ClientLoaders;
  /** A server that is away is a Connection error while the adapter starts, and passes later. */
  readonly phase: { readonly starting: boolean };
  /** Looks at the stream through a new connection. */
  readonly prepare: (connection: Connection) => Promise<void>;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #over = new AbortController();
  readonly #fan = new AbortFan();
  #clients: NatsClients | undefined;
  #current: Connection | undefined;
  #dialling: Promise<Connection> | undefined;
  #turn = 0;
  /** Servers of the cluster that the last one told of. */
  #told: readonly ServerAddress[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** The open connection, if there is one. */
  get current(): Connection | undefined {
    return this.#current?.closed.aborted === false ? this.#current : undefined;
  }

  /** The open connection, or a new one. @throws AdapterError, or the signal's reason */
  async connection(signal?: AbortSignal): Promise<Connection> {
    if (this.#over.signal.aborted) throw this.#over.signal.reason;
    const { current } = this;
    if (current !== undefined) return current;
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = undefined;
    });
    return abortable(this.#dialling, signal, this.#fan);
  }

  /**
   * Runs a read on the open connection, or on a new one. When the one that was open turns out to be dead, nothing is told:
   * a read changes nothing, so it runs once more on the next one. @throws AdapterError, or the signal's reason
   */
  async read<T>(run: (connection: Connection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { current } = this;
    if (current !== undefined) {
      try {
        return await run(current);
      } catch (error) {
        if (!current.closed.aborted) throw error;
        signal?.throwIfAborted();
      }
    }
    return run(await this.connection(signal));
  }

  /** Ends the connection and any dial, for good. */
  close(): void {
    const reason = new AdapterError('Shutdown', 'The jetstream adapter is shut down.');
    this.#over.abort(reason);
    this.#current?.end(reason);
  }

  /** From the next server on at each dial, so that one that refuses, or has lost its cluster, is not asked first for ever. */
  async #dial(): Promise<Connection> {
    const { phase, settings } = this.#options;
    this.#clients ??= await loadClients(this.#options.load);
    const servers = distinct([...settings.servers, ...this.#told]);
    let failure: unknown;
    let refusal: AdapterError | undefined;
    for (let nth = 0; nth < servers.length; nth += 1) {
      const server = servers[(this.#turn + nth) % servers.length] as ServerAddress;
      let connection: Connection | undefined;
      try {
        connection = await this.#open(this.#clients, server);
        await this.#ready(connection);
        this.#turn += nth;
        return connection;
      } catch (error) {
        this.#over.signal.throwIfAborted();
        if (connection === undefined) failure = error;
        else if (error instanceof AdapterError && error.kind === 'Transient') refusal = error;
        else throw error;
      }
    }
    this.#turn += 1;
    throw refusal ?? connectError(failure, servers.map(addressText).join(', '), phase.starting);
  }

  async #open(clients: NatsClients, server: ServerAddress): Promise<Connection> {
    const { settings } = this.#options;
    const options = { timeoutMs: settings.connectTimeoutMs, signal: this.#over.signal };
    if (settings.tls?.handshakeFirst !== true) await probe(server, options);
    const connection = await Connection.open(clients, settings, server);
    this.#told = toldBy(connection);
    return connection;
  }

  async #ready(connection: Connection): Promise<void> {
    try {
      this.#over.signal.throwIfAborted();
      await this.#options.prepare(connection);
      this.#over.signal.throwIfAborted();
    } catch (error) {
      connection.end(new AdapterError('Transient', 'the connection was given up', { cause: error }));
      throw error;
    }
    this.#current = connection;
  }
}

function toldBy({ nats }: Connection): ServerAddress[] {
  return (nats.info?.connect_urls ?? []).flatMap((text) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(text) ?? [];
    return host === undefined ? [] : [{ host: bareHost(host), port: Number(port) }];
  });
}

function distinct(servers: readonly ServerAddress[]): ServerAddress[] {
  return [...new Map(servers.map((each) => [addressText(each), each])).values()];
}
