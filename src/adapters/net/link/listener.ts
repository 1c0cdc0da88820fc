// The accepting side: sockets that listen, and what strangers may cost before the manager has a connection of them.
// Invariant: every stranger has a deadline, and there are never more of them than the gate lets in.
import { createServer, type Server, type Socket } from 'node:net';
import { AdapterError } from '../../../errors/adapter-error.ts';
import type { Environment } from '../../../util/environment.ts';
import { type Address, addressText } from './address.ts';
import type { HandshakeGate, Stranger } from './handshake-gate.ts';
import type { LinkSettings } from './link-settings.ts';
import { type TlsAcceptor, tlsAcceptor } from './tls-sockets.ts';

/** What becomes of strangers. */
export interface ListenerEvents {
  /** One has proven itself; it leaves the gate when `admitted` is called, or by itself when its socket closes. */
  accepted(socket: Socket, remote: string, admitted: () => void): void;
  /** One was thrown out. */
  refused(remote: string, reason: string): void;
}

export class Listener {
  readonly #settings: LinkSettings;
  readonly #gate: HandshakeGate;
  readonly #environment: Environment;
  readonly #events: ListenerEvents;
  readonly #servers: Server[] = [];
  readonly #raw = new Map<string, { readonly admitted: () => void; readonly secured: () => void }>();
  /** Those that nobody has a connection of. */
  readonly #open = new Set<Socket>();
  readonly #acceptor: TlsAcceptor | undefined;

  constructor(
    settings: LinkSettings,
    around: { readonly gate: HandshakeGate; readonly environment: Environment },
    events: ListenerEvents,
  ) {
    this.#settings = settings;
    this.#gate = around.gate;
    this.#environment = around.environment;
    this.#events = events;
    if (settings.credentials.kind === 'insecure') return;
    this.#acceptor = tlsAcceptor(settings.credentials, {
      secured: (socket) => this.#secured(socket),
      refused: (socket, reason) => events.refused(socket.remoteAddress ?? 'a closed connection', reason),
    });
  }

  /** Listens on every address; returns what is bound. @throws AdapterError Connection when one cannot be had */
  async start(): Promise<readonly Address[]> {
    const bound: Address[] = [];
    try {
      for (const address of this.#settings.listen) bound.push(await this.#listen(address));
    } catch (error) {
      await this.close();
      throw error;
    }
    return bound;
  }

  /** Listens no more, and throws out who has not proven itself; settles when the last socket is gone. */
  async close(): Promise<void> {
    const servers = this.#servers.splice(0);
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(address: Address): Promise<Address> {
    const server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        // Exclusive: the workers of a cluster are nodes of their own.
        server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      throw listenError(address, cause);
    }
    server.on('error', (error) => this.#events.refused('a new connection', error.message));
    server.unref();
    this.#servers.push(server);
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new AdapterError('Fatal', 'a TCP server without a port');
    return { host: bound.address, port: bound.port };
  }

  #take(socket: Socket): void {
    const remote = socket.remoteAddress;
    socket.on('error', () => socket.destroy()); // `close` follows.
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    socket.unref();
    const name = nameOf(socket);
    const stranger: Stranger = {
      address: remote,
      evict: () => {
        this.#events.refused(remote, 'too many handshakes at once');
        socket.destroy();
      },
    };
    const deadline = this.#environment.after(
      this.#settings.handshakeTimeoutMs,
      () => {
        this.#events.refused(remote, `no handshake within ${this.#settings.handshakeTimeoutMs} ms`);
        socket.destroy();
      },
      true,
    );
    const leave = (): void => {
      deadline.cancel();
      this.#gate.leave(stranger);
      this.#raw.delete(name);
      this.#open.delete(socket);
    };
    socket.once('close', leave);
    this.#open.add(socket);
    this.#gate.enter(stranger);
    if (socket.destroyed) return;
    const secured = (): void => {
      deadline.cancel();
      this.#open.delete(socket); // Its connection ends it from now on, with a word.
    };
    this.#raw.set(name, { admitted: leave, secured });
    if (this.#acceptor === undefined) this.#secured(socket);
    else this.#acceptor.take(socket);
  }

  #secured(socket: Socket): void {
    const stranger = this.#raw.get(nameOf(socket));
    if (stranger === undefined) {
      socket.destroy(); // It was thrown out at the same moment.
      return;
    }
    stranger.secured();
    const remote = addressText({ host: socket.remoteAddress ?? '?', port: socket.remotePort ?? 0 });
    this.#events.accepted(socket, remote, stranger.admitted);
  }
}

/** The encrypted socket is another object than the one that was accepted; both have the same ends. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

function listenError(address: Address, cause: unknown): AdapterError {
  const code = (cause as { code?: unknown }).code;
  const where = addressText(address);
  const why =
    code === 'EADDRINUSE'
      ? `port ${address.port} is in use: another process listens there; choose another port, or 0 for any`
      : code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address'
        : code === 'EACCES'
          ? `this process may not listen on port ${address.port}`
          : String((cause as Error).message);
  return new AdapterError('Connection', `The mesh cannot listen on ${where}: ${why}.`, { cause });
}
