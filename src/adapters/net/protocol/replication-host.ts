// What the replication asks of the outside: links, the store, chance, the operator. Invariant: the replication itself has no
// clock, no timer, no chance and no I/O. No call comes back into it before it has returned; answers come later, in calls of their own.
import type { Finding } from '../../../adapter/finding.ts';
import type { FrameBatch } from '../../../frame/batch.ts';
import type { Stream } from '../store/stream.ts';
import type { StreamRead } from '../store/stream-store.ts';
import type { Cover, StreamName } from './messages.ts';
import type { Supply } from './supply.ts';
import type { Take } from './takes.ts';

/** A frame that came from a peer and is to be stored. Answered by `Replication.appended` or `appendFailed`. */
export interface IncomingFrame {
  readonly link: number;
  readonly supply: Supply;
  readonly batch: FrameBatch;
  /** The sequence that it goes on from: when that is not stored then, the frame is refused. */
  readonly follows: number;
  /** What it came in, which is released once it is worked off. */
  readonly message: Uint8Array<ArrayBuffer>;
}

/** A read for a peer that catches up. Answered by `Replication.readDone`. */
export interface CatchUpRead {
  readonly link: number;
  readonly take: Take;
  /** Of the take, when the read was asked for. */
  readonly version: number;
  readonly sequence: number;
  readonly maxBytes: number;
  /** Memory that the frame may lie in when it is large enough. */
  readonly memory: ArrayBuffer | undefined;
}

export interface ReplicationHost {
  /** Sends a message, or one that ends with `body`. */
  send(link: number, message: Uint8Array, body?: Uint8Array): void;
  writable(link: number): number;
  /** Messages of so many bytes are worked off; `memory` is a message that nobody reads any more. */
  release(link: number, bytes: number, memory?: Uint8Array<ArrayBuffer>): void;
  breach(link: number, reason: string): void;
  /** Asks for a call of `turn` in the next turn of the event loop. */
  soon(): void;
  /** A number from 0 up to 1. */
  random(): number;
  stream(shard: number, producer: string): Stream | undefined;
  /** All streams that are known here. */
  streams(): Iterable<Stream>;
  /** How many of the first events of a batch must not be taken, since their stream was forgotten. */
  forgottenIn(batch: FrameBatch): number;
  /** Below which sequence nothing is wanted of a stream that is not known here: it was forgotten. */
  forgottenBelow(name: StreamName, to: number): number;
  append(frame: IncomingFrame): void;
  read(read: CatchUpRead): void;
  declareGap(shard: number, producer: string, to: number): Stream;
  covers(): Iterable<Cover>;
  /** Takes note of a cover; false when it was known. */
  addCover(cover: Cover): boolean;
  /** Makes durable what the store has, then calls `Replication.synced`. */
  makeDurable(link: number, token: number): void;
  /** A peer told what it has of a stream of a shard, or a link went down. */
  onAck(shard: number): void;
  onSynced(link: number, token: number): void;
  report(finding: Finding): void;
}

/** What a read for a peer came to; undefined when nothing can be read, or the read failed. */
export type CatchUpAnswer = StreamRead | undefined;
