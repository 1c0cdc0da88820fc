// What peers take from this node, and how it is sent: streams in turn, new events before old history, never more than the
// window of a link allows and a bounded amount in one turn of the event loop. Invariant: of a slow peer an offset is kept,
// nothing else; one read of the store at a time for each link.
import type { Stream } from '../store/stream.ts';
import { encodeFrameHead } from './messages.ts';
import type { RecentFrames } from './recent-frames.ts';
import type { CatchUpAnswer, ReplicationHost } from './replication-host.ts';

/** What is sent to one peer in one turn of the event loop. */
const TURN_BYTES = 1_048_576;
/** What is read of the store at once. */
const READ_BYTES = 262_144;
/** Reads of the store at once, over all links. */
export const MOST_READS = 8;
/** A link that begins to catch up while others do so waits for up to so long, each for another while. */
const JITTER_MS = 250;

/** One stream that a peer takes. */
export interface Take {
  readonly stream: Stream;
  /** This node's number of the stream on the link. */
  readonly number: number;
  next: number;
  /** Where the store is searched for `next`. */
  index: number | undefined;
  /** Goes up when the peer asks again: what was read before that is not sent. */
  version: number;
  /** Nothing can be read at `next` until more is stored. */
  dry: boolean;
}

export class Takes {
  readonly link: number;
  readonly #host: ReplicationHost;
  readonly #recent: RecentFrames;
  readonly #reads: ReadCount;
  readonly #takes = new Map<Stream, Take>();
  /** Those whose next frame is at hand, in turn. */
  readonly #live = new Set<Take>();
  /** Those that need a read of the store, in turn. */
  readonly #behind = new Set<Take>();
  #reading = false;
  /** Of the last frame that was read, for the next one. */
  #memory: ArrayBuffer | undefined;
  /** Since when the link catches up, or from when on it may. */
  #catchesUpFromMs: number | undefined;

  constructor(link: number, context: TakesContext) {
    this.link = link;
    this.#host = context.host;
    this.#recent = context.recent;
    this.#reads = context.reads;
  }

  has(stream: Stream): boolean {
    return this.#takes.has(stream);
  }

  /** The peer asks for a stream from a sequence on. */
  take(stream: Stream, number: number, next: number): void {
    const known = this.#takes.get(stream);
    const take = known ?? { stream, number, next, index: undefined, version: 0, dry: false };
    take.next = next;
    take.index = undefined;
    take.version += 1;
    take.dry = false;
    this.#takes.set(stream, take);
    this.#queue(take);
  }

  leave(stream: Stream): void {
    const take = this.#takes.get(stream);
    if (take === undefined) return;
    take.version += 1;
    this.#takes.delete(stream);
    this.#unqueue(take);
  }

  /** More of a stream is stored. True when the peer waits for it. */
  grown(stream: Stream): boolean {
    const take = this.#takes.get(stream);
    if (take === undefined) return false;
    take.dry = false;
    if (!this.#live.has(take) && !this.#behind.has(take)) this.#queue(take);
    return true;
  }

  /** Sends what may be sent now. True when the turn is over before all was sent. */
  pump(): boolean {
    if (this.#behind.size === 0) this.#caughtUp();
    this.#readOn();
    let left = TURN_BYTES;
    while (this.#live.size > 0 && this.#host.writable(this.link) > 0) {
      if (left <= 0) return true;
      left -= this.#sendRecent();
    }
    return false;
  }

  /** A read that was asked for has come to its end. */
  readDone(take: Take, version: number, answer: CatchUpAnswer): void {
    this.#reading = false;
    this.#reads.count -= 1;
    if (take.version !== version) return;
    if (answer === undefined) {
      take.dry = true;
      this.#unqueue(take);
      return;
    }
    const { frame, index } = answer;
    const first = frame.firstSequence;
    // A gap that this node has declared is no loss of the stream: another node may still have what is missing.
    const lost = Math.min(answer.lost, Math.max(0, first - take.stream.offered));
    this.#send(take, { end: first + frame.count, lost, frame: frame.frame });
    this.#memory = frame.memory; // What was sent is a copy.
    take.index = index;
  }

  /** A link went down while the store was read for it. */
  abandon(): void {
    if (this.#reading) this.#reads.count -= 1;
    this.#reading = false;
    this.#takes.clear();
    this.#live.clear();
    this.#behind.clear();
    this.#caughtUp();
  }

  /** Whether something is to be read for the peer, and nothing is under way. */
  get waitsForRead(): boolean {
    return this.#behind.size > 0 && !this.#reading;
  }

  /** Sends the next frame that needs no read; the bytes that were sent. */
  #sendRecent(): number {
    const [take] = this.#live;
    if (take === undefined) return 0;
    const recent = this.#recent.find(take.stream, take.next);
    if (recent === undefined) {
      this.#queue(take); // It went while the peer was slow.
      this.#readOn();
      return 0;
    }
    take.index = undefined;
    this.#send(take, recent);
    return recent.frame.length;
  }

  #readOn(): void {
    const [take] = this.#behind;
    if (take === undefined || this.#reading || this.#reads.count >= MOST_READS) return;
    if (this.#host.writable(this.link) <= 0 || !this.#mayCatchUp()) return;
    this.#reading = true;
    this.#reads.count += 1;
    const { next: sequence, version } = take;
    const memory = this.#memory;
    this.#memory = undefined;
    this.#host.read({ link: this.link, take, version, sequence, maxBytes: READ_BYTES, memory });
  }

  /** Links that come up at the same time do not begin to read at the same time. */
  #mayCatchUp(): boolean {
    const reads = this.#reads;
    if (this.#catchesUpFromMs === undefined) {
      this.#catchesUpFromMs = reads.nowMs + (reads.links === 0 ? 0 : this.#host.random() * JITTER_MS);
      reads.links += 1;
    }
    return reads.nowMs >= this.#catchesUpFromMs;
  }

  #caughtUp(): void {
    if (this.#catchesUpFromMs === undefined) return;
    this.#catchesUpFromMs = undefined;
    this.#memory = undefined;
    this.#reads.links -= 1;
  }

  #send(take: Take, { end, lost, frame }: Sendable): void {
    const head = encodeFrameHead({ number: take.number, after: take.next, lost });
    take.next = end;
    this.#host.send(this.link, head, frame);
    this.#queue(take);
  }

  /** Puts a take with something to send behind the others. */
  #queue(take: Take): void {
    this.#unqueue(take);
    if (take.next >= take.stream.kept || take.dry) return;
    if (this.#recent.find(take.stream, take.next) === undefined) this.#behind.add(take);
    else this.#live.add(take);
  }

  #unqueue(take: Take): void {
    this.#live.delete(take);
    this.#behind.delete(take);
  }
}

interface Sendable {
  readonly end: number;
  readonly lost: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** Reads of the store, over all links. */
export interface ReadCount {
  /** Reads that are under way. */
  count: number;
  /** Links that catch up, or wait for their turn to begin. */
  links: number;
  nowMs: number;
}

export interface TakesContext {
  readonly host: ReplicationHost;
  readonly recent: RecentFrames;
  readonly reads: ReadCount;
}
