// The outside of a replication for its tests: what it sends is kept as messages, and what it stores becomes a stream when the
// test says so.

import type { Batch } from '../../../../../src/adapter/contract.ts';
import type { Peer } from '../../../../../src/adapters/net/peer-link.ts';
import {
  type Cover,
  decodeMessage,
  encodeFrameHead,
  encodeMessage,
  type Message,
} from '../../../../../src/adapters/net/protocol/messages.ts';
import { Replication } from '../../../../../src/adapters/net/protocol/replication.ts';
import type {
  CatchUpRead,
  IncomingFrame,
  ReplicationHost,
} from '../../../../../src/adapters/net/protocol/replication-host.ts';
import { Stream } from '../../../../../src/adapters/net/store/stream.ts';

export const SHARD = 3;

/** A node `me`, and what it does. */
export class RecordedHost {
  readonly replication: Replication;
  readonly sent: { readonly link: number; readonly message: Message }[] = [];
  readonly appends: IncomingFrame[] = [];
  /** Reads that were asked for and not answered. */
  readonly reads: CatchUpRead[] = [];
  /** Whether another turn was asked for since the last one. */
  isTurnDue = false;
  random = 0;
  /** Bytes that every link takes. */
  room = 1_000_000;
  readonly gaps: number[] = [];
  readonly breaches: string[] = [];
  released = 0;
  /** How many events at the front of what comes are below the floor. */
  forgottenEvents = 0;
  /** What a stream that is told of had reached when it was forgotten. */
  forgottenEnd = 0;
  /** Covers that are taken as new. */
  readonly covers: Cover[] = [];
  readonly #streams = new Map<string, Stream>();

  constructor() {
    this.replication = new Replication(this.#host(), {
      nodeId: 'me',
      receives: true,
      maxStreams: 100,
      recentBytes: 1_000_000,
    });
    this.replication.tick(0);
  }

  /** Streams that were there before. */
  know(count: number): void {
    for (let nth = 0; nth < count; nth += 1) {
      const stamps = { firstStampNs: 1n, lastStampNs: 1n };
      this.#make(`known-${nth}`).note({ index: nth, firstSequence: 0, count: 1, lost: 0, ...stamps });
    }
  }

  /** A peer links up. */
  link(link: number, nodeId: string): void {
    const peer: Peer = { nodeId, address: `${nodeId}:1`, receives: true, durable: false };
    this.replication.linkUp(link, peer);
    this.replication.turn();
  }

  /** A peer says something. */
  hear(link: number, message: Message): void {
    const bytes =
      message.kind === 'frame' ? Buffer.concat([encodeFrameHead(message), message.frame]) : encodeMessage(message);
    this.replication.message(link, Uint8Array.from(bytes));
  }

  /** A peer tells of a stream for the first time, under the number 0. */
  tell(link: number, producer: string, from: number, to: number): void {
    this.hear(link, {
      kind: 'ranges',
      entries: [{ number: 0, from, to, introduces: { shard: SHARD, producer, newestMs: 1 } }],
    });
  }

  /** A peer sends a batch of the stream 0. */
  send(link: number, batch: Batch, after: number, lost = 0): void {
    this.hear(link, { kind: 'frame', number: 0, after, lost, frame: batch.frame });
  }

  /** Everything that was to be stored is stored. */
  store(): void {
    for (const frame of this.appends.splice(0)) {
      const { batch, follows } = frame;
      const stream = this.#make(batch.producer);
      const { firstSequence, count } = batch;
      const index = stream.endIndex;
      const stamps = { firstStampNs: batch.firstTimestampNs, lastStampNs: batch.lastTimestampNs };
      stream.note({ index, firstSequence, count, lost: firstSequence - follows, ...stamps });
      this.replication.appended(frame, stream);
    }
  }

  /** Nothing of what was to be stored could be. */
  refuse(): void {
    for (const frame of this.appends.splice(0)) this.replication.appendFailed(frame);
  }

  /** A stream is forgotten. */
  forget(producer: string): void {
    const stream = this.#make(producer);
    this.#streams.delete(producer);
    this.replication.forgotten(stream);
  }

  /** Time passes, and a turn if one is due. */
  tick(nowMs: number): void {
    this.replication.tick(nowMs);
    if (!this.isTurnDue) return;
    this.isTurnDue = false;
    this.replication.turn();
  }

  /** The messages of one kind to a link so far, which are forgotten. */
  take<K extends Message['kind']>(link: number, kind: K): Extract<Message, { kind: K }>[] {
    const found = this.sent.filter((each) => each.link === link && each.message.kind === kind);
    for (const each of found) this.sent.splice(this.sent.indexOf(each), 1);
    return found.map(({ message }) => message as Extract<Message, { kind: K }>);
  }

  #make(producer: string): Stream {
    let stream = this.#streams.get(producer);
    if (stream === undefined) {
      stream = new Stream(SHARD, producer);
      this.#streams.set(producer, stream);
    }
    return stream;
  }

  #host(): ReplicationHost {
    return {
      send: (link, bytes, body = new Uint8Array(0)) => {
        const message = decodeMessage(Uint8Array.from([...bytes, ...body]));
        if (message !== undefined) this.sent.push({ link, message });
      },
      writable: () => this.room,
      release: (_, bytes) => {
        this.released += bytes;
      },
      breach: (_, reason) => void this.breaches.push(reason),
      soon: () => {
        this.isTurnDue = true;
      },
      random: () => this.random,
      stream: (_, producer) => this.#streams.get(producer),
      streams: () => this.#streams.values(),
      forgottenIn: ({ count }) => Math.min(count, this.forgottenEvents),
      forgottenBelow: (_, to) => Math.min(to, this.forgottenEnd),
      append: (frame) => void this.appends.push(frame),
      read: (read) => void this.reads.push(read),
      declareGap: (_, producer, to) => {
        this.gaps.push(to);
        const stream = this.#make(producer);
        stream.declareGap(to, 1n);
        return stream;
      },
      covers: () => this.covers,
      addCover: (cover) => {
        if (this.covers.some(({ child }) => child === cover.child)) return false;
        this.covers.push(cover);
        return true;
      },
      makeDurable: () => undefined,
      onAck: () => undefined,
      onSynced: () => undefined,
      report: () => undefined,
    };
  }
}
