// One address that a node keeps dialling. Invariant: it is never forgotten: names are resolved anew at each attempt, and
// while the node behind it is linked, by whichever connection, nobody dials.
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import type { Environment, Timer } from '../../../util/environment.ts';
import { type Address, addressText, isLearnable } from './address.ts';
import { Backoff } from './backoff.ts';
import type { LinkSettings } from './link-settings.ts';
import { readingBlock } from './reading-block.ts';
import { tlsDial } from './tls-sockets.ts';

/** Of a name with more addresses so many are tried in one attempt. */
const MOST_ADDRESSES = 4;

/** What a dial takes of its surroundings. */
export interface DialSurroundings {
  readonly settings: LinkSettings;
  readonly environment: Environment;
  /** False while there is nothing to gain: it is asked again later. */
  mayDial(): boolean;
  /** A connection is made and encrypted; `ended` of this dial is to be called when it is over. */
  connected(dial: Dial, socket: Socket): void;
  /** It was not made. */
  failed(dial: Dial, reason: string): void;
}

export class Dial {
  readonly address: Address;
  /** The node that is meant, of a learned address. */
  readonly expectedNode: string | undefined;
  readonly #around: DialSurroundings;
  readonly #backoff: Backoff;
  #reachedNode: string | undefined;
  #timer: Timer | undefined;
  #socket: Socket | undefined;
  #isBusy = false;
  #isStopped = false;
  #attempts = 0;
  #lastError: string | undefined;

  constructor(address: Address, expectedNode: string | undefined, around: DialSurroundings) {
    this.address = address;
    this.expectedNode = expectedNode;
    this.#around = around;
    const { reconnectBaseMs, reconnectMaxMs } = around.settings;
    this.#backoff = new Backoff(
      { baseDelayMs: reconnectBaseMs, maxDelayMs: reconnectMaxMs },
      around.environment.random,
    );
  }

  /** `host:port`. */
  get text(): string {
    return addressText(this.address);
  }

  /** The node that answered last. */
  get reachedNode(): string | undefined {
    return this.#reachedNode;
  }

  /** Attempts since the link was up, and what went wrong with the last one. */
  get figures(): { readonly attempts: number; readonly lastError: string | undefined } {
    return { attempts: this.#attempts, lastError: this.#lastError };
  }

  /** Dials now. */
  start(): void {
    this.#wait(0);
  }

  /** Dials no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
  }

  /** Its connection is up. */
  up(nodeId: string): void {
    this.#socket = undefined;
    this.#reachedNode = nodeId;
    this.#attempts = 0;
    this.#lastError = undefined;
    this.#backoff.up(this.#around.environment.monotonicMs());
  }

  /** Its connection is over, or the node that it had reached is linked no more. */
  ended(ending: { readonly text: string; readonly isBreach: boolean; readonly nodeId?: string | undefined }): void {
    this.#isBusy = false;
    this.#socket = undefined;
    this.#lastError = ending.text;
    if (ending.nodeId !== undefined) this.#reachedNode = ending.nodeId;
    this.#wait(this.#backoff.ended(this.#around.environment.monotonicMs(), ending.isBreach));
  }

  /** The node that it had reached is linked by another connection: nothing to do until that ends. */
  rest(nodeId: string): void {
    this.#isBusy = false;
    this.#socket = undefined;
    this.#reachedNode = nodeId;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether it neither waits nor has a connection. */
  get isResting(): boolean {
    return !this.#isBusy && this.#timer === undefined && !this.#isStopped;
  }

  #wait(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#around.environment.after(
      delayMs,
      () => {
        this.#timer = undefined;
        if (this.#around.mayDial()) void this.#dial();
        else this.#wait(this.#around.settings.reconnectMaxMs);
      },
      true,
    );
  }

  async #dial(): Promise<void> {
    this.#isBusy = true;
    const nth = this.#attempts;
    this.#attempts += 1;
    try {
      const { host } = this.address;
      const found = await (this.#around.settings.resolve ?? addressesOf)(host);
      if (found.length === 0) throw new Error(`the name ${host} has no address`);
      if (!this.#isStopped) await this.#connectToOne(found, nth);
    } catch (error) {
      if (this.#isStopped) return;
      const text = dialText(error);
      this.#around.failed(this, text);
      this.ended({ text, isBreach: false });
    }
  }

  /**
   * Connects to the first address of a name that lets this node in. Each attempt begins at another address, since several
   * nodes may have the name, and each round of them takes another key: so each address is tried with each key.
   */
  async #connectToOne(addresses: readonly string[], nth: number): Promise<void> {
    const failures: string[] = [];
    for (let step = 0; step < Math.min(addresses.length, MOST_ADDRESSES); step += 1) {
      const host = addresses[(nth + step) % addresses.length] as string;
      try {
        if (this.expectedNode !== undefined && !isLearnable(host, this.#around.settings)) {
          throw new Error(`the name ${this.address.host} leads to this machine`);
        }
        await this.#connect({ host, port: this.address.port }, Math.floor(nth / addresses.length));
        return;
      } catch (error) {
        if (this.#isStopped || addresses.length === 1) throw error;
        failures.push(`${host}: ${dialText(error)}`);
      }
    }
    throw new Error(failures.join('; '));
  }

  /** Settles when the connection was handed on. */
  async #connect(target: Address, nth: number): Promise<void> {
    const { settings, environment } = this.#around;
    let deadline: Timer | undefined;
    try {
      const socket = await new Promise<Socket>((resolve, reject) => {
        const made = dialSocket({ ...target, nth }, settings, { secured: resolve, failed: reject });
        this.#socket = made;
        made.once('close', () => reject(new Error('the connection was closed')));
        deadline = environment.after(
          settings.handshakeTimeoutMs,
          () => made.destroy(new Error(`no handshake within ${settings.handshakeTimeoutMs} ms`)),
          true,
        );
      });
      if (this.#isStopped) socket.destroy();
      else this.#around.connected(this, socket);
    } finally {
      deadline?.cancel();
    }
  }
}

/** The addresses of a name, as the system resolves it now. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

function dialSocket(
  target: Address & { readonly nth: number },
  settings: LinkSettings,
  events: { secured(socket: Socket): void; failed(error: Error): void },
): Socket {
  const socket =
    settings.credentials.kind === 'insecure' ? plain(target, events) : tlsDial(target, settings.credentials, events);
  socket.setNoDelay(true);
  socket.unref();
  return socket;
}

function plain(target: Address, events: { secured(socket: Socket): void; failed(error: Error): void }): Socket {
  const socket: Socket = connect({ host: target.host, port: target.port, onread: readingBlock(() => socket) });
  socket.on('error', events.failed);
  socket.once('connect', () => events.secured(socket));
  return socket;
}

/** What went wrong, and what it means when the other side only hangs up. */
function dialText(error: unknown): string {
  const { code, message } = error as { code?: unknown; message: string };
  switch (code) {
    case 'ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER':
      return 'refused: the key of this id is another one there';
    case 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE':
      return 'refused: the other side does not know this key id, or uses certificates';
    case 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL':
      return 'refused: the other side is no node of a mesh';
    default:
      return typeof code === 'string' && !message.includes(code) ? `${code}: ${message.trim()}` : message.trim();
  }
}
