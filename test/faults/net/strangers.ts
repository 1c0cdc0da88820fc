// Connections of those who do not belong to a mesh: silent, talking garbage, with a wrong key, or with recorded bytes.
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { Credentials } from '../../../src/adapters/net/link/credentials.ts';
import { CIPHERS, PROTOCOL, tlsDial } from '../../../src/adapters/net/link/tls-sockets.ts';

export class Strangers {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #random: () => number;
  /** Those that got through TLS. */
  entered = 0;
  ended = 0;

  constructor(port: number, random: () => number) {
    this.#port = port;
    this.#random = random;
  }

  /** Connect and say nothing. */
  silent(count: number): void {
    for (let nth = 0; nth < count; nth += 1) this.#open();
  }

  /** Send random bytes, some after what looks like the start of TLS. */
  garbage(count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const socket = this.#open();
      const start = this.#random() < 0.5 ? Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]) : Buffer.alloc(0);
      socket.write(Buffer.concat([start, randomBytes(Math.floor(this.#random() * 3000))]));
    }
  }

  /** Send the bytes of someone who was let in. */
  replay(recorded: readonly Buffer[], count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const socket = this.#open();
      for (const chunk of recorded) socket.write(chunk);
    }
  }

  /** Speak TLS with credentials that are not those of the mesh. */
  withCredentials(credentials: Credentials, count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const events = { secured: () => this.#entered(), failed: () => undefined };
      this.#keep(tlsDial({ host: '127.0.0.1', port: this.#port, nth }, credentials, events));
    }
  }

  /** Speak TLS and have nothing to show. */
  withoutKey(count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const options = { host: '127.0.0.1', port: this.#port, ciphers: CIPHERS, rejectUnauthorized: false };
      this.#keep(tlsConnect({ ...options, ALPNProtocols: [PROTOCOL] }, () => this.#entered()));
    }
  }

  get open(): number {
    return this.#sockets.size;
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #entered(): void {
    this.entered += 1;
  }

  #open(): Socket {
    return this.#keep(connect(this.#port, '127.0.0.1'));
  }

  #keep<S extends Socket>(socket: S): S {
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // Being thrown out is what is expected.
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.ended += 1;
    });
    socket.resume();
    return socket;
  }
}

/** A way through to a port that writes down what the one who dials sends. */
export async function recorder(target: number): Promise<{ port: number; recorded: Buffer[]; stop: () => void }> {
  const recorded: Buffer[] = [];
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1');
    client.on('data', (chunk: Buffer) => recorded.push(chunk));
    client.pipe(onward).pipe(client);
    client.on('error', () => onward.destroy());
    onward.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, recorded, stop: () => void server.close() };
}
