// Two ends of one encrypted connection over loopback, as the links make them: what each end says of the other.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as tlsConnect } from 'node:tls';
import type { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { tlsAcceptor, tlsDial } from '../../../../../src/adapters/net/link/tls-sockets.ts';
import { within } from '../../../../../src/testing/index.ts';

/** An end: the socket when it was let in, otherwise why not. */
export type End = TLSSocket | string;

export class TlsPair {
  readonly #server: Server;
  readonly #ends: End[] = [];
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** A server with these credentials. */
  static async serve(credentials: Credentials): Promise<TlsPair> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pair = new TlsPair(server, (server.address() as { port: number }).port);
    const acceptor = tlsAcceptor(credentials, {
      secured: (socket) => pair.#ends.push(socket),
      refused: (_, reason) => pair.#ends.push(reason),
    });
    server.on('connection', (socket) => {
      pair.#keep(socket);
      socket.on('error', () => undefined); // What becomes of it is told by the acceptor.
      acceptor.take(socket);
    });
    return pair;
  }

  /** Dials as the links do; resolves to both ends. */
  async dial(credentials: Credentials, nth = 0): Promise<{ client: End; server: End }> {
    const client = await new Promise<End>((resolve) => {
      const socket = tlsDial({ host: '127.0.0.1', port: this.port, nth }, credentials, {
        secured: resolve,
        failed: (error) => resolve(error.message),
      });
      this.#keep(socket);
    });
    return { client, server: await this.#nextEnd() };
  }

  /** Dials with options of the test's own. */
  async dialWith(
    options: ConnectionOptions,
  ): Promise<{ client: TLSSocket; error: () => Error | undefined; server: End }> {
    const client = tlsConnect({ host: '127.0.0.1', port: this.port, minVersion: 'TLSv1.3', ...options });
    this.#keep(client);
    let error: Error | undefined;
    client.on('error', (told) => {
      error = told;
    });
    return { client, error: () => error, server: await this.#nextEnd() };
  }

  /** A connection that says nothing. */
  silent(): Socket {
    const socket = connect(this.port, '127.0.0.1');
    this.#keep(socket);
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #nextEnd(): Promise<End> {
    return (await within(5000, () => this.#ends.shift())) as End;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
  }
}
