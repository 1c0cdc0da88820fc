// All links of one node: who is dialled, who is let in, which connection of a node stays, and when it is tried again.
// Invariant: the replication sees at most one link per node, and hears of each `onUp` and `onDown` once, in this order.
import type { Socket } from 'node:net';
import type { Finding } from '../../../adapter/finding.ts';
import type { Environment, Timer } from '../../../util/environment.ts';
import { MAX_MESSAGE_BYTES, type PeerLink, type PeerLinkListener } from '../peer-link.ts';
import type { EndCode, Ending } from '../session/ending.ts';
import { askMessage, figuresMessage } from '../session/figures-messages.ts';
import { type Hello, OWN_VERSION } from '../session/hello.ts';
import { PeerTable } from '../session/peer-table.ts';
import type { Refusal } from '../session/session.ts';
import { type Address, addressText, isLocalOnly } from './address.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { Dial } from './dial.ts';
import { Discovery } from './discovery.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { MeshLinkFigures } from './link-figures.ts';
import type { LinkIdentity, LinkSettings } from './link-settings.ts';
import { Listener } from './listener.ts';
import { Penalties } from './penalties.ts';
import { Refusals } from './refusals.ts';
import { checkRuntime } from './runtime.ts';

/** What the links take of their surroundings. */
export interface LinkSurroundings {
  readonly environment: Environment;
  readonly report: (finding: Finding) => void;
  /** What members see that ask for the figures of this node; those of the links when it is left out. */
  readonly figures?: (() => unknown) | undefined;
  /** A member has answered `ask` on its link. The text is of its making. */
  readonly onFigures?: ((link: PeerLink, text: string) => void) | undefined;
}

/** Ticks per ping, and per deadline of a hello. */
const TICKS = 4;

export class MeshLinks {
  readonly #settings: LinkSettings;
  readonly #identity: LinkIdentity;
  readonly #around: LinkSurroundings;
  readonly #replication: PeerLinkListener;
  readonly #table: PeerTable<Connection>;
  readonly #gate: HandshakeGate;
  readonly #refusals: Refusals;
  readonly #penalties: Penalties;
  readonly #listener: Listener;
  readonly #discovery: Discovery;
  readonly #dials = new Set<Dial>();
  readonly #connections = new Map<Connection, { readonly dial: Dial | undefined; readonly admitted: () => void }>();
  readonly #ended: Partial<Record<EndCode, number>> = {};
  readonly #answered = new Set<Connection>();
  readonly #tickMs: number;
  #listening: readonly string[] = [];
  #hello: Hello | undefined;
  #lastId = 0;
  #lastOrder = 0;
  #ticking: Timer | undefined;
  #isClosed = false;

  constructor(
    settings: LinkSettings,
    identity: LinkIdentity,
    around: LinkSurroundings & { readonly replication: PeerLinkListener },
  ) {
    checkRuntime(settings.credentials);
    this.#settings = settings;
    this.#identity = identity;
    this.#around = around;
    this.#replication = around.replication;
    this.#tickMs = Math.min(settings.pingMs, settings.handshakeTimeoutMs) / TICKS;
    const { environment, report } = around;
    this.#table = new PeerTable(identity.nodeId, settings.maxPeers);
    this.#gate = new HandshakeGate({ inAll: settings.maxHandshakes, perAddress: settings.maxHandshakesPerAddress });
    this.#refusals = new Refusals(report, () => environment.monotonicMs());
    const limits = { baseDelayMs: settings.reconnectBaseMs, maxDelayMs: settings.reconnectMaxMs };
    this.#penalties = new Penalties(limits, environment.random);
    this.#discovery = this.#discoveryOf();
    this.#listener = new Listener(
      settings,
      { gate: this.#gate, environment },
      {
        accepted: (socket, remote, admitted) => this.#connect(socket, { address: remote, admitted }),
        refused: (remote, reason) =>
          this.#refusals.add('refused', `A connection from ${remote} was refused: ${reason}.`),
      },
    );
  }

  #discoveryOf(): Discovery {
    return new Discovery({
      selfId: this.#identity.nodeId,
      isWanted: this.#settings.discover,
      own: () => [...(this.#hello?.addresses ?? []), ...this.#listening],
      environment: this.#around.environment,
      isLearnable: this.#settings.isLearnable,
      links: () => this.#table.entries(),
      isLinked: (nodeId) => this.#table.get(nodeId) !== undefined,
      dial: ({ address, nodeId }) => this.#dial(address, nodeId),
      undial: (dial) => {
        dial.stop();
        this.#dials.delete(dial);
      },
    });
  }

  /** Listens and begins to dial. @throws AdapterError Connection when an address to listen on cannot be had */
  async start(): Promise<void> {
    const bound = await this.#listener.start();
    this.#listening = bound.map(addressText);
    const advertised = this.#settings.advertise ?? bound.filter(({ host }) => !isLocalOnly(host));
    this.#hello = {
      ...OWN_VERSION,
      mesh: this.#settings.mesh,
      ...this.#identity,
      addresses: advertised.map(addressText),
      maxMessageBytes: MAX_MESSAGE_BYTES,
      windowBytes: this.#settings.windowBytes,
    };
    this.#tick();
    for (const address of this.#settings.peers) this.#dial(address, undefined);
  }

  /** Where the node listens, `host:port`, with the ports that the system chose. */
  get listening(): readonly string[] {
    return this.#listening;
  }

  /** Says goodbye to every peer and stops; settles once they have it, or after a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ticking?.cancel();
    for (const dial of this.#dials) dial.stop();
    const connections = [...this.#connections.keys()];
    for (const connection of connections) connection.bye('shutdown', 'the node stops');
    await Promise.all([this.#listener.close(), ...connections.map(({ gone }) => gone)]);
  }

  /** What there is to see. */
  figures(): MeshLinkFigures {
    const nowMs = this.#around.environment.monotonicMs();
    const links = [...this.#table.entries()].map((link) => ({
      nodeId: link.nodeId,
      address: link.peer.address,
      dialled: link.dialled,
      receives: link.peer.receives,
      upForMs: nowMs - (link.upSinceMs ?? nowMs),
      rttMs: link.rttMs,
      bytesIn: link.bytes.received,
      bytesOut: link.bytes.sent,
      bytesWaiting: link.bytes.waiting,
    }));
    const dials = [...this.#dials].map((dial) => ({
      address: dial.text,
      learned: dial.expectedNode !== undefined,
      linked: dial.reachedNode !== undefined && this.#table.get(dial.reachedNode) !== undefined,
      ...dial.figures,
    }));
    return {
      nodeId: this.#identity.nodeId,
      listening: this.#listening,
      links,
      dials,
      handshakes: this.#gate.size,
      ended: { ...this.#ended },
      refused: this.#refusals.byReason,
    };
  }

  #dial(address: Address, expectedNode: string | undefined): Dial {
    const dial = new Dial(address, expectedNode, {
      settings: this.#settings,
      environment: this.#around.environment,
      mayDial: () => expectedNode === undefined || !this.#knows(expectedNode),
      connected: (made, socket) => this.#connect(socket, { address: made.text, dial: made }),
      failed: (failed, reason) => this.#refusals.add('unreachable', `${failed.text} cannot be reached: ${reason}.`),
    });
    this.#dials.add(dial);
    dial.start();
    return dial;
  }

  /** Whether there is nothing to gain by dialling a node that was learned of. */
  #knows(nodeId: string): boolean {
    return this.#table.get(nodeId) !== undefined || this.#table.size >= this.#settings.maxPeers;
  }

  /** Asks the member on a link for its figures; `onFigures` hears them. */
  ask(link: PeerLink): void {
    this.#table.get(link.peer.nodeId)?.sendControl(askMessage());
  }

  /** A member is answered once per tick: figures cost more than the question. */
  #answer(connection: Connection): void {
    if (this.#answered.has(connection)) return;
    this.#answered.add(connection);
    connection.sendControl(figuresMessage(this.#around.figures?.() ?? this.figures()));
  }

  #connect(socket: Socket, from: { address: string; dial?: Dial; admitted?: () => void }): void {
    if (this.#isClosed || this.#hello === undefined) {
      socket.destroy();
      return;
    }
    const { environment } = this.#around;
    this.#lastId += 1;
    const connection = new Connection(
      socket,
      {
        id: this.#lastId,
        address: from.address,
        roomBytes: this.#settings.roomBytes,
        session: {
          dialled: from.dial !== undefined,
          self: this.#hello,
          expectedNode: from.dial?.expectedNode,
          nextOrder: () => {
            this.#lastOrder += 1;
            return this.#lastOrder;
          },
          helloMs: this.#settings.handshakeTimeoutMs,
          liveness: { tickMs: this.#tickMs, pingMs: this.#settings.pingMs, silenceMs: this.#settings.silenceMs },
        },
        monotonicMs: () => environment.monotonicMs(),
        soon: (call) => environment.soon(call),
        after: (delayMs, call) => environment.after(delayMs, call),
      },
      this.#events,
    );
    if (this.#settings.keepAliveMs > 0) socket.setKeepAlive(true, this.#settings.keepAliveMs);
    this.#connections.set(connection, { dial: from.dial, admitted: from.admitted ?? nothing });
    connection.start();
  }

  readonly #events: ConnectionEvents = {
    admit: (connection, peer, decides) => this.#admit(connection, peer, decides),
    confirm: (peer, order) => this.#table.objectionToWelcome(peer.nodeId, order),
    up: (connection) => this.#up(connection),
    message: (connection, message) => this.#replication.onMessage(connection, message),
    writable: (connection) => this.#replication.onWritable(connection),
    told: (_, nodes) => this.#discovery.told(nodes),
    asked: (connection) => this.#answer(connection),
    figures: (connection, text) => this.#around.onFigures?.(connection, text),
    ended: (connection, ending) => this.#over(connection, ending),
  };

  #admit(connection: Connection, peer: Hello, decides: boolean): Refusal | undefined {
    const leftMs = this.#penalties.leftMs(peer.nodeId, this.#around.environment.monotonicMs());
    if (leftMs > 0) {
      return { code: 'penalty', text: `it broke the protocol; it is let in again in ${Math.ceil(leftMs)} ms` };
    }
    return this.#table.objection({ nodeId: peer.nodeId, dialled: connection.dialled }, decides);
  }

  #up(connection: Connection): void {
    const known = this.#connections.get(connection);
    known?.admitted();
    const replaced = this.#table.add(connection);
    replaced?.bye('duplicate', 'another connection between the two nodes stays');
    this.#penalties.up(connection.nodeId, this.#around.environment.monotonicMs());
    known?.dial?.up(connection.nodeId);
    this.#replication.onUp(connection);
    this.#discovery.up(connection);
  }

  #over(connection: Connection, ending: Ending): void {
    const dial = this.#connections.get(connection)?.dial;
    this.#connections.delete(connection);
    this.#ended[ending.code] = (this.#ended[ending.code] ?? 0) + 1;
    this.#table.remove(connection);
    const text = `${ending.byPeer ? 'the peer said ' : ''}${ending.code}: ${ending.text}`;
    if (connection.upSinceMs !== undefined) this.#replication.onDown(connection, text);
    const isBreach = ending.code === 'breach';
    const who = connection.hello === undefined ? connection.address : `${connection.nodeId} at ${connection.address}`;
    if (isBreach && !ending.byPeer && connection.upSinceMs !== undefined) {
      this.#penalties.breach(connection.nodeId, this.#around.environment.monotonicMs());
    }
    if (TOLD.has(ending.code)) this.#refusals.add(ending.code, `The connection with ${who} ended, ${text}.`);
    if (this.#isClosed) return;
    const { nodeId } = connection;
    if (dial?.expectedNode !== undefined && WRONG.has(ending.code)) this.#discovery.wrong(dial);
    else if (dial !== undefined) {
      if (nodeId !== '' && this.#table.get(nodeId) !== undefined) dial.rest(nodeId);
      else dial.ended({ text, isBreach, nodeId: nodeId === '' ? undefined : nodeId });
    }
    if (nodeId !== '' && this.#table.get(nodeId) === undefined) this.#wake(nodeId, text);
  }

  /** Addresses that rested because their node was linked are dialled again. */
  #wake(nodeId: string, text: string): void {
    for (const dial of this.#dials) {
      if (dial.isResting && dial.reachedNode === nodeId) dial.ended({ text, isBreach: false });
    }
  }

  #tick(): void {
    if (this.#isClosed) return;
    const nowMs = this.#around.environment.monotonicMs();
    this.#answered.clear();
    for (const connection of [...this.#connections.keys()]) connection.tick(nowMs);
    this.#discovery.tick(nowMs);
    this.#ticking = this.#around.environment.after(this.#tickMs, () => this.#tick(), true);
  }
}

/** A learned address that ends so was told wrongly. */
const WRONG: ReadonlySet<EndCode> = new Set(['self', 'other-node', 'mesh']);

/** Endings that an operator should know of. */
const TOLD: ReadonlySet<EndCode> = new Set([
  'version',
  'mesh',
  'self',
  'other-node',
  'full',
  'breach',
  'penalty',
  'silent',
  'late',
  'stalled',
]);

function nothing(): void {
  // A connection that was dialled has no place in the gate.
}
