// One connection through the proxy: two sockets, and what passes between them. Invariant: chunks of one direction keep
// their order, whatever they wait for, and none passes behind one that was kept back.
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** What the proxy decides for a connection. */
export interface LinkRules {
  readonly delayMs: () => number;
  readonly ended: () => void;
  /** Looks at a chunk before it passes; false keeps it back for good. */
  readonly toServer: (chunk: Buffer) => boolean;
  readonly toClient: (chunk: Buffer) => boolean;
}

export class ProxyLink {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #rules: LinkRules;
  readonly #held: (() => void)[] = [];
  #silent = false;
  /** Bytes were kept back for good: what followed them would be taken for them. */
  #broken = false;
  #over = false;

  constructor(client: Socket, target: number, rules: LinkRules) {
    this.#client = client;
    this.#rules = rules;
    this.#server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    this.#pass(client, this.#server, rules.toServer);
    this.#pass(this.#server, client, rules.toClient);
  }

  /** Keeps what arrives until it is let go, or passes it on again. */
  hold(silent: boolean): void {
    this.#silent = silent || this.#broken;
    if (!this.#silent) this.#release();
  }

  /** Keeps all that arrives until it is cut, since something before it was kept back. */
  silence(): void {
    this.#broken = true;
    this.#silent = true;
  }

  /** Ends both sides at once. */
  cut(): void {
    if (this.#over) return;
    this.#over = true;
    this.#client.destroy();
    this.#server.destroy();
    this.#release();
    this.#rules.ended();
  }

  #release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  #pass(from: Socket, to: Socket, look: (chunk: Buffer) => boolean): void {
    let last = Promise.resolve();
    const inOrder = (step: () => void): void => {
      last = last.then(async () => {
        const delayMs = this.#rules.delayMs();
        if (delayMs > 0) await setTimeout(delayMs);
        if (this.#silent) await new Promise<void>((resolve) => this.#held.push(resolve));
        if (!this.#over) step();
      });
    };
    from.on('data', (chunk: Buffer) => {
      inOrder(() => {
        if (look(chunk)) to.write(chunk);
      });
    });
    from.on('end', () => inOrder(() => to.end()));
    from.on('close', () => inOrder(() => this.cut()));
    from.on('error', () => this.cut()); // A connection that breaks on one side is cut on the other, as by a real one.
  }
}
