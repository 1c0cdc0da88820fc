// One reader's way through a shard: a consumer of the server's, and the events that it has brought and that may be asked
// for again. Invariant: `records` follow one another right behind the start; what is missing between them stands in `gaps`.
import type { AdapterContext, Gap } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Connection } from './connection.ts';
import { Continuity, type Jump } from './continuity.ts';
import { gapBefore, gapBehind, gapForgotten } from './gaps.ts';
import { nextMessage } from './get-message.ts';
import { MessageReader } from './message-reader.ts';
import type { MessageRecord } from './message-record.ts';
import { type Place, tagOf } from './place.ts';
import { PullConsumer } from './pull-consumer.ts';
import type { StoredMessage } from './stored-message.ts';
import { lookAtStream, type StreamFacts } from './stream-setup.ts';

export interface SessionOptions {
  readonly stream: string;
  readonly shard: number;
  readonly streamTag: string;
  /** Undefined for the start of the shard. */
  readonly start: Place | undefined;
  readonly report: AdapterContext['report'];
  /** Something came while nobody was reading. */
  readonly onNews: () => void;
}

/** More than any message: one always fits. */
const PULL_BYTES = 8_388_608;
/** How often a consumer is asked for what the stream has and it has not yet counted. */
const MOST_ROUNDS = 100;
const LEAST_PULL = 64;
const MOST_PULL = 8192;

export class ShardSession {
  readonly shard: number;
  /** What has been read and is kept: what a reader may still ask for, and what nobody has had yet. */
  records: MessageRecord[] = [];
  /** What is missing right before a record. */
  readonly gaps = new Map<MessageRecord, Gap>();
  /** What is missing right behind the start while no record follows, and where a reader goes on then. */
  behind: { readonly gap: Gap; readonly next: Place } | undefined;
  /** How many calls read it now. */
  users = 0;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #continuity = new Continuity();
  readonly #messages: MessageReader;
  #jumps: Jump[] = [];
  #consumer!: PullConsumer;
  #pulling: Promise<void> | undefined;
  #startSeq: number;
  #startNth: number;
  #disappointments = 0;
  #hasCome = false;
  /** The last message that has come, or the one of the start. */
  #lastSeq: number;

  private constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.shard = options.shard;
    this.#messages = new MessageReader(options.streamTag);
    this.#startSeq = options.start?.streamSeq ?? 0;
    this.#startNth = nthOf(options.start);
    this.#lastSeq = this.#startSeq;
  }

  /** A session behind a place, which says what is missing there. @throws AdapterError */
  static async open(connection: Connection, options: SessionOptions): Promise<ShardSession> {
    const { shard, start, stream } = options;
    const session = new ShardSession(connection, options);
    // The message that the place lies in comes first, to show whether it is still the same.
    const startSeq = start === undefined ? 1 : start.streamSeq + (start.event === undefined ? 1 : 0);
    session.#consumer = await PullConsumer.create(connection, {
      stream,
      filter: `${stream}.${shard}.*`,
      startSeq,
      onMessage: (message) => session.#take(message),
    });
    if (start !== undefined) await session.#begin(start, startSeq);
    return session;
  }

  /** Names the stream that it reads. */
  get streamTag(): string {
    return this.#options.streamTag;
  }

  get dead(): boolean {
    return this.#consumer.dead;
  }

  /** When it began to wait for the next message; undefined when it does not wait. */
  get standsSinceMs(): number | undefined {
    return this.#consumer.standsSinceMs;
  }

  /** Messages that the server had behind the last one that came. */
  get pending(): number {
    return this.#consumer.pending;
  }

  /** Where in `records` a place lies: the index of the next one; -1 when it lies elsewhere. */
  indexAfter(place: Place | undefined): number {
    const [seq, nth] = [place?.streamSeq ?? 0, nthOf(place)];
    if (seq === this.#startSeq && nth === this.#startNth) return 0;
    const event = place?.event;
    if (event === undefined) return -1;
    const at = this.records.findLastIndex((each) => each.streamSeq === seq && each.nth === nth);
    return at >= 0 && isSame(this.records[at] as MessageRecord, event) ? at + 1 : -1;
  }

  /** Forgets what lies before an index. */
  drop(index: number): void {
    const last = this.records[index - 1];
    if (last === undefined) return;
    this.#startSeq = last.streamSeq;
    this.#startNth = last.nth;
    this.behind = undefined;
    for (const each of this.records.splice(0, index)) this.gaps.delete(each);
  }

  /** Brings more: about `wanted` messages, or what there is. @throws AdapterError */
  async pull(wanted: number): Promise<void> {
    const count = Math.min(MOST_PULL, Math.max(LEAST_PULL, wanted));
    this.#pulling ??= this.#pullNow(count).finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  /** Brings about `wanted` more while the reader is busy with what it has; a failure is that of the next pull. */
  fetchAhead(wanted: number): void {
    if (this.#pulling !== undefined || this.pending === 0 || this.dead) return;
    this.pull(wanted).catch(() => undefined);
  }

  /**
   * Whether the stream has nothing behind what has come. A consumer counts a message some time after its producer has the
   * acknowledgement; the stream itself knows at once. @throws AdapterError
   */
  isAtEnd(): Promise<boolean> {
    return this.#isEmptyFrom(this.#lastSeq + 1);
  }

  /** Counts a pull that brought nothing of what the stream has: a server that stays behind its cluster is given up. */
  disappoint(): void {
    this.#disappointments += 1;
    if (this.#disappointments > MOST_ROUNDS) this.end();
  }

  /** Lets the server tell of the next message. */
  stand(): void {
    if (this.#pulling === undefined) this.#consumer.stand();
  }

  end(): void {
    this.#consumer.end();
  }

  async #pullNow(count: number): Promise<void> {
    await this.#consumer.pull(count, PULL_BYTES);
    if (this.#jumps.length > 0) await this.#explain();
  }

  async #isEmptyFrom(streamSeq: number): Promise<boolean> {
    const { shard, stream } = this.#options;
    const next = await nextMessage(this.#connection, stream, { subject: `${stream}.${shard}.*`, streamSeq });
    return next === undefined || next.streamSeq < streamSeq;
  }

  /** Compares what lies at the start with what the place says of it. */
  async #begin(start: Place, startSeq: number): Promise<void> {
    const { shard, stream, streamTag } = this.#options;
    await this.pull(LEAST_PULL);
    while (!this.#hasCome && !this.dead && !(await this.#isEmptyFrom(startSeq))) {
      this.disappoint();
      if (!this.dead) await this.pull(LEAST_PULL);
    }
    // What came before it died still tells whether the place is the same.
    if (this.dead && !this.#hasCome) return;
    const at = this.records.findIndex((each) => each.streamSeq === start.streamSeq && each.nth === start.event?.nth);
    const found = this.records[at];
    if (found !== undefined && start.event !== undefined && isSame(found, start.event)) {
      for (const each of this.records.splice(0, at + 1)) this.gaps.delete(each);
      return;
    }
    const facts = await this.#look();
    const gap = gapBehind({ shard, start, facts, next: this.records[0] });
    if (gap === undefined) return;
    const [next] = this.records;
    if (next !== undefined) this.gaps.set(next, gap);
    else this.behind = { gap, next: { streamSeq: Math.max(1, facts.lastSeq), event: undefined, streamTag } };
    if (gap.reason === 'lost')
      this.#options.report({ kind: 'acknowledged-lost', shard, message: lostText(stream, shard) });
  }

  /** Asks the stream whether it was trimmed where its events do not follow one another. */
  async #explain(): Promise<void> {
    const { shard, start } = this.#options;
    const jumps = this.#jumps;
    this.#jumps = [];
    const facts = await this.#look();
    for (const jump of jumps) {
      const gap = gapBefore({ shard, jump, facts, startSeq: start?.streamSeq ?? 0 });
      if (gap !== undefined) this.gaps.set(jump.record, gap);
    }
  }

  async #look(): Promise<StreamFacts> {
    const { stream } = this.#options;
    const facts = await lookAtStream(this.#connection, stream);
    if (facts !== undefined) return facts;
    throw new AdapterError('Transient', `The stream "${stream}" is gone.`);
  }

  #take(message: StoredMessage): void {
    const { report, onNews, shard } = this.#options;
    const { records } = this;
    const before = records.length;
    this.#hasCome = true;
    this.#disappointments = 0;
    this.#lastSeq = Math.max(this.#lastSeq, message.streamSeq);
    try {
      this.#messages.read(message, records);
      for (let nth = before; nth < records.length; nth += 1) {
        const record = records[nth] as MessageRecord;
        const jump = this.#continuity.take(record);
        if (record.forgottenBefore > 0) this.gaps.set(record, gapForgotten(shard, record));
        else if (jump !== undefined) this.#jumps.push(jump);
      }
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      report({ kind: 'unreadable-message', shard, message: `${error.message} It is skipped.`, cause: error });
    }
    if (this.#pulling === undefined) onNews();
  }
}

function nthOf(place: Place | undefined): number {
  return place === undefined ? 0 : (place.event?.nth ?? Infinity);
}

/** Whether a record is the one that a place names. */
function isSame(record: MessageRecord, event: NonNullable<Place['event']>): boolean {
  return record.sequence === event.sequence && tagOf(record.producer) === event.producerTag;
}

function lostText(stream: string, shard: number): string {
  return `The stream "${stream}" no longer holds what a reader of shard ${shard} has read: the server lost the newest events.`;
}
