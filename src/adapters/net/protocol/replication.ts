// The replication as a pure state machine: links, messages, ticks and answers of the store come in; messages and calls of the
// store go out through the host. Invariant: of each stream the events are stored in their order, each once; what does not
// follow is refused and asked for again. Before it: the sessions. After it: the streams in the store.
import { FrameBatch, FrameError } from '../../../frame/batch.ts';
import { cutBatch } from '../../../frame-store/cut-batch.ts';
import type { Peer } from '../peer-link.ts';
import type { Stream } from '../store/stream.ts';
import { MessageError } from './message-bytes.ts';
import { type Cover, decodeMessage, encodeMessage, type FrameMessage, type Message } from './messages.ts';
import { PeerState } from './peer-state.ts';
import { RecentFrames } from './recent-frames.ts';
import type { CatchUpAnswer, CatchUpRead, IncomingFrame, ReplicationHost } from './replication-host.ts';
import { Supplies } from './supplies.ts';
import type { ReadCount } from './takes.ts';

/** Peers that need not know at once are told so often. */
const TELL_EVERY_MS = 250;

export interface ReplicationOptions {
  /** The producer of this node. */
  readonly nodeId: string;
  /** Takes streams from others. */
  readonly receives: boolean;
  /** How many streams are known at most. */
  readonly maxStreams: number;
  /** Bytes of the newest frames that are kept at hand. */
  readonly recentBytes: number;
}

export class Replication {
  readonly #host: ReplicationHost;
  readonly #peers = new Map<number, PeerState>();
  readonly #supplies: Supplies;
  readonly #recent: RecentFrames;
  readonly #reads: ReadCount = { count: 0, links: 0, nowMs: 0 };
  #nowMs = 0;
  #toldAtMs = 0;

  constructor(host: ReplicationHost, options: ReplicationOptions) {
    this.#host = host;
    this.#recent = new RecentFrames(options.recentBytes);
    this.#supplies = new Supplies(host, options, (link) => this.#peers.has(link));
  }

  /** Whether a node is linked. */
  isLinked(nodeId: string): boolean {
    for (const { peer } of this.#peers.values()) if (peer.nodeId === nodeId) return true;
    return false;
  }

  /** The links to nodes that have told that they have a stream up to a sequence. */
  holders(shard: number, producer: string, end: number): readonly number[] {
    return this.#supplies.holders(shard, producer, end);
  }

  /** How far a linked peer has more of a stream than this node; used to wait for a tail. */
  isBehind(shard: number, producer: string): boolean {
    return this.#supplies.isBehind(shard, producer);
  }

  /** Whether some linked peer has more of some stream than this node. */
  get isBehindAny(): boolean {
    return this.#supplies.isBehindAny;
  }

  /** How many events this node has that a peer has not told of; 0 for a peer that receives nothing. */
  lagOf(link: number): number {
    let lag = 0;
    if (this.#peers.get(link)?.peer.receives !== true) return lag;
    for (const { shard, producer, to, offeredFrom } of this.#host.streams()) {
      const has = this.#supplies.get(shard, producer)?.remotes.get(link)?.to ?? 0;
      lag += Math.max(0, to - Math.max(has, offeredFrom));
    }
    return lag;
  }

  linkUp(link: number, peer: Peer): void {
    const context = { host: this.#host, recent: this.#recent, reads: this.#reads };
    const state = new PeerState(link, peer, context);
    this.#peers.set(link, state);
    for (const cover of this.#host.covers()) this.#send(link, { kind: 'cover', cover });
    for (const stream of this.#host.streams()) {
      if (peer.receives || stream.producer === peer.nodeId) state.announcements.note(stream, true);
    }
    this.#host.soon();
  }

  linkDown(link: number): void {
    const state = this.#peers.get(link);
    if (state === undefined) return;
    this.#peers.delete(link);
    state.takes.abandon();
    this.#supplies.linkDown(link, this.#nowMs);
  }

  /** A message of a peer; a peer that breaks the protocol is cut off. */
  message(link: number, bytes: Uint8Array<ArrayBuffer>): void {
    const state = this.#peers.get(link);
    if (state === undefined) return;
    try {
      const message = decodeMessage(bytes);
      if (message?.kind === 'frame') {
        this.#onFrame(state, message, bytes);
        return;
      }
      if (message !== undefined) this.#onMessage(state, message);
      this.#host.release(link, bytes.length);
    } catch (error) {
      if (!(error instanceof MessageError || error instanceof FrameError)) throw error;
      this.#host.breach(link, error.message);
    }
  }

  /** The window of a link has opened. */
  writable(link: number): void {
    const state = this.#peers.get(link);
    if (state === undefined) return;
    this.#tell(state, false);
    this.#pump(state);
  }

  /** Does what was put off to the end of a turn of the event loop. */
  turn(): void {
    for (const state of this.#peers.values()) {
      this.#tell(state, false);
      this.#pump(state);
    }
  }

  /** Time has passed; to be called several times a second. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#reads.nowMs = nowMs;
    this.#supplies.tick(nowMs);
    this.#goOnReading();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    for (const state of this.#peers.values()) this.#tell(state, true);
  }

  /** Events of this node or of another one are stored. @param frame How they go over the wire, if that is known. */
  stored(stream: Stream, frame?: StoredFrame): void {
    if (frame !== undefined && this.#isWanted(stream)) this.#recent.add({ stream, ...frame });
    this.changed(stream);
  }

  /** The range of a stream has changed. */
  changed(stream: Stream): void {
    const supply = this.#supplies.stored(stream);
    for (const { peer, link, announcements, takes } of this.#peers.values()) {
      const waits = takes.grown(stream);
      const isOrigin = stream.producer === peer.nodeId;
      if (!peer.receives && !isOrigin) continue;
      const lacks = !waits && (supply?.remotes.get(link)?.to ?? 0) < stream.to;
      announcements.note(stream, isOrigin || supply?.supplier === link || lacks);
    }
    this.#host.soon();
  }

  /** A stream was forgotten. */
  forgotten(stream: Stream): void {
    for (const { link, announcements, takes } of this.#peers.values()) {
      const last = announcements.forget(stream);
      if (last !== undefined) this.#host.send(link, last);
      takes.leave(stream);
    }
    this.#supplies.forget(stream);
  }

  /** A cover of this node is durable: the others may know. */
  tellCover(cover: Cover, except?: number): void {
    for (const link of this.#peers.keys()) if (link !== except) this.#send(link, { kind: 'cover', cover });
  }

  /** Asks a peer to make durable what it has. `onSynced` follows, unless the link goes down. */
  askToSync(link: number, token: number): void {
    this.#send(link, { kind: 'sync', token });
  }

  synced(link: number, token: number): void {
    if (this.#peers.has(link)) this.#send(link, { kind: 'synced', token });
  }

  appended(frame: IncomingFrame, stream: Stream): void {
    frame.supply.pending -= 1;
    frame.supply.failures = 0;
    const { batch } = frame;
    const end = batch.firstSequence + batch.count;
    const lost = Math.max(0, batch.firstSequence - frame.follows);
    this.stored(stream, { firstSequence: batch.firstSequence, end, lost, frame: batch.frame });
    this.#host.release(frame.link, frame.message.length, frame.message);
  }

  appendFailed(frame: IncomingFrame): void {
    this.#host.release(frame.link, frame.message.length); // The store may still read it.
    frame.supply.pending -= 1;
    this.#supplies.failed(frame.supply, this.#nowMs);
  }

  readDone({ link, take, version }: CatchUpRead, answer: CatchUpAnswer): void {
    const state = this.#peers.get(link);
    if (state === undefined) return;
    state.takes.readDone(take, version, answer);
    this.#pump(state);
  }

  #onMessage(state: PeerState, message: Exclude<Message, FrameMessage>): void {
    switch (message.kind) {
      case 'ranges':
        for (const entry of message.entries) this.#supplies.told(state, entry, this.#nowMs);
        return;
      case 'take':
        for (const { number, next } of message.entries) {
          const stream = state.announcements.streamOf(number);
          if (stream === undefined) throw new MessageError(`a take of stream ${number}, which was never told of`);
          state.takes.take(stream, number, next);
        }
        this.#host.soon();
        return;
      case 'leave':
        for (const number of message.numbers) {
          const stream = state.announcements.streamOf(number);
          if (stream !== undefined) state.takes.leave(stream);
        }
        return;
      case 'cover':
        if (this.#host.addCover(message.cover)) this.tellCover(message.cover, state.link);
        return;
      case 'sync':
        this.#host.makeDurable(state.link, message.token);
        return;
      case 'synced':
        this.#host.onSynced(state.link, message.token);
        return;
    }
  }

  #onFrame(state: PeerState, message: FrameMessage, bytes: Uint8Array<ArrayBuffer>): void {
    const { link } = state;
    const told = state.told.get(message.number);
    if (told === undefined) throw new MessageError(`a frame of stream ${message.number}, which was never told of`);
    const batch = FrameBatch.parse(message.frame);
    const { supply } = told;
    if (batch.shard !== supply.shard || batch.producer !== supply.producer) {
      throw new MessageError(`a frame of another stream than ${message.number}`);
    }
    const verdict = this.#supplies.judge(told, { batch, after: message.after, lost: message.lost }, this.#nowMs);
    if (verdict === undefined) {
      this.#host.release(link, bytes.length, bytes);
      return;
    }
    const { skip, follows } = verdict;
    const missing = skip === 0 ? batch : cutBatch(batch, skip, batch.count - skip);
    this.#host.append({ link, supply, batch: missing, follows, message: bytes });
  }

  /** Links that waited for others to read, or for their moment, may go on in the next turn. */
  #goOnReading(): void {
    for (const { takes } of this.#peers.values()) {
      if (!takes.waitsForRead) continue;
      this.#host.soon();
      return;
    }
  }

  /** Whether any peer may ask for what a stream has now. */
  #isWanted(stream: Stream): boolean {
    const remotes = this.#supplies.get(stream.shard, stream.producer)?.remotes;
    for (const { link, peer, takes } of this.#peers.values()) {
      if (takes.has(stream)) return true;
      if (peer.receives && (remotes?.get(link)?.to ?? 0) < stream.to) return true;
    }
    return false;
  }

  /** One message at least, since ranges acknowledge, too; more only as far as the peer takes them. */
  #tell({ link, announcements }: PeerState, all: boolean): void {
    for (const message of announcements.due(all)) {
      this.#host.send(link, message);
      if (this.#host.writable(link) <= 0) return;
    }
  }

  #pump(state: PeerState | undefined): void {
    if (state?.takes.pump() === true) this.#host.soon();
  }

  #send(link: number, message: Exclude<Message, FrameMessage>): void {
    this.#host.send(link, encodeMessage(message));
  }
}

/** Events as they were stored and as they go over the wire. */
export interface StoredFrame {
  readonly firstSequence: number;
  readonly end: number;
  /** Sequences before the first that are declared lost. */
  readonly lost: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}
