// Stands between a client and a real server, and does to their connections what networks do: cuts, delays, half-opens
// them, and loses the reply of a command that the server has executed. Invariant: bytes that pass keep their order.
import { createServer, type Server, type Socket } from 'node:net';
import { ProxyLink } from './proxy-link.ts';

/** Tells of one chunk of bytes whether it is the one that a test waits for. */
export type ChunkTest = (chunk: Buffer) => boolean;

/** Which reply is to be lost. */
export interface ReplyLoss {
  /** Is this chunk of the client's the request whose reply is to be lost? */
  readonly request: ChunkTest;
  /** Is this chunk of the server's that reply? @default any that follows the request */
  readonly reply?: ChunkTest | undefined;
  /** `cut` ends the connection, `silence` leaves it open and passes nothing more, `pass` loses nothing and only tells. @default 'cut' */
  readonly after?: 'cut' | 'silence' | 'pass' | undefined;
}

/** What was lost: the server has answered, and the client does not know. */
export interface LostReply {
  readonly request: Buffer;
  readonly reply: Buffer;
}

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<ProxyLink>();
  #target: number;
  #delayMs = 0;
  #silent = false;
  #refusing = false;
  #loss: { readonly wanted: ReplyLoss; readonly tell: (lost: LostReply) => void } | undefined;
  readonly #counters: { readonly fits: ChunkTest; seen: number }[] = [];
  #lostReplies = 0;
  #accepted = 0;

  private constructor(server: Server, port: number, target: number) {
    this.#server = server;
    this.port = port;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  /** A proxy on a free port before a port of this machine. */
  static async start(target: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return new TcpProxy(server, address.port, target);
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections there ever were, the refused ones too. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Replies lost so far. */
  get lostReplies(): number {
    return this.#lostReplies;
  }

  /** Where connections lead from now on; those that are open stay. */
  leadTo(target: number): void {
    this.#target = target;
  }

  /** Ends every open connection at once, on both sides. */
  cut(): void {
    for (const link of [...this.#links]) link.cut();
  }

  /** Whether connections are ended as soon as they are made. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Every chunk takes so much longer, in either direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Open and new connections stay open and pass nothing, in either direction, until it ends by `false` or `cut`. */
  halfOpen(silent: boolean): void {
    this.#silent = silent;
    for (const link of this.#links) link.hold(silent);
  }

  /** Loses the next reply that fits; resolves to what was lost. One at a time. */
  loseReply(wanted: ReplyLoss): Promise<LostReply> {
    return new Promise((resolve) => {
      this.#loss = { wanted, tell: resolve };
    });
  }

  /** Counts the server's chunks that fit, from now on. */
  counting(fits: ChunkTest): { readonly seen: number } {
    const counter = { fits, seen: 0 };
    this.#counters.push(counter);
    return counter;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    if (this.#refusing) {
      client.on('error', () => undefined); // It is being thrown away.
      client.destroy();
      return;
    }
    let request: Buffer | undefined;
    const link = new ProxyLink(client, this.#target, {
      delayMs: () => this.#delayMs,
      ended: () => this.#links.delete(link),
      toServer: (chunk) => {
        if (request === undefined && this.#loss?.wanted.request(chunk)) request = chunk;
        return true;
      },
      toClient: (chunk) => {
        for (const counter of this.#counters) if (counter.fits(chunk)) counter.seen += 1;
        const loss = this.#loss;
        if (request === undefined || loss === undefined || loss.wanted.reply?.(chunk) === false) return true;
        this.#loss = undefined;
        loss.tell({ request, reply: chunk });
        request = undefined;
        if (loss.wanted.after === 'pass') return true;
        this.#lostReplies += 1;
        if (loss.wanted.after === 'silence') link.silence();
        else link.cut();
        return false;
      },
    });
    this.#links.add(link);
    link.hold(this.#silent);
  }
}
