// Which shards the stream holds, and how much of each. Invariant: what is told is no older than `FRESH_MS`, and holds the
// shards that this adapter wrote; a number is left out where the stream does not tell it.
import type { ShardInfo } from '../../adapter/contract.ts';
import type { Connection } from './connection.ts';
import { lastMessage, nextMessage } from './get-message.ts';
import { stampOf } from './single-message.ts';
import { requestError } from './store-error.ts';
import { nameOf } from './stored-message.ts';

/** `poll` lists shards for every page. */
const FRESH_MS = 250;
/** Beyond this many subjects nobody asks each of them what its messages are. */
const MOST_SUBJECTS = 1000;

interface Subject {
  readonly name: string;
  readonly shard: number;
  readonly messages: number;
}

export class ShardDirectory {
  readonly #stream: string;
  readonly #framed = new Map<string, boolean>();
  #known: readonly ShardInfo[] = [];
  #readAtMs = -Infinity;
  #reading: Promise<readonly ShardInfo[]> | undefined;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** All shards; those in `own` at least by their number. @throws AdapterError */
  async list(connection: Connection, own: readonly number[], isChanged: boolean): Promise<readonly ShardInfo[]> {
    if (isChanged || performance.now() - this.#readAtMs > FRESH_MS) {
      this.#reading ??= this.#read(connection).finally(() => {
        this.#reading = undefined;
      });
      this.#known = await this.#reading;
    }
    const missing = own.filter((shard) => !this.#known.some((each) => each.shard === shard));
    return [...this.#known, ...missing.map((shard) => ({ shard, sealed: false }))];
  }

  /** How many messages each shard holds. @throws AdapterError */
  async counts(connection: Connection): Promise<ReadonlyMap<number, number>> {
    const counts = new Map<number, number>();
    for (const { shard, messages } of await this.#subjects(connection)) {
      counts.set(shard, (counts.get(shard) ?? 0) + messages);
    }
    return counts;
  }

  /** The subjects of a shard, one a producer. @throws AdapterError */
  async subjectsOf(connection: Connection, shard: number): Promise<readonly string[]> {
    const subjects = await this.#subjects(connection, String(shard));
    return subjects.map(({ name }) => name);
  }

  async #read(connection: Connection): Promise<readonly ShardInfo[]> {
    const startedMs = performance.now();
    const subjects = await this.#subjects(connection);
    const shards = [...new Set(subjects.map(({ shard }) => shard))].sort((a, b) => a - b);
    const infos = await Promise.all(
      shards.map((shard) => {
        const own = subjects.filter((each) => each.shard === shard);
        return this.#look(connection, shard, subjects.length > MOST_SUBJECTS ? undefined : own);
      }),
    );
    this.#readAtMs = startedMs;
    return infos;
  }

  async #subjects(connection: Connection, shards = '*'): Promise<Subject[]> {
    try {
      const filter = { subjects_filter: `${this.#stream}.${shards}.*` };
      const info = await connection.manager.streams.info(this.#stream, filter);
      return Object.entries(info.state.subjects ?? {}).flatMap(([name, messages]) => {
        const [, shard] = name.split('.');
        const isShard = shard !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(shard) && Number(shard) <= 65_535;
        return isShard ? [{ name, shard: Number(shard), messages }] : [];
      });
    } catch (error) {
      throw requestError(error, `The stream "${this.#stream}" can't be looked at`);
    }
  }

  async #look(connection: Connection, shard: number, subjects: readonly Subject[] | undefined): Promise<ShardInfo> {
    const subject = `${this.#stream}.${shard}.*`;
    const [first, last, events] = await Promise.all([
      nextMessage(connection, this.#stream, { subject, streamSeq: 1 }),
      lastMessage(connection, this.#stream, subject),
      subjects === undefined ? undefined : this.#events(connection, subjects),
    ]);
    const oldestTimestampNs = stampOf(first, 'first');
    const newestTimestampNs = stampOf(last, 'last');
    return {
      shard,
      sealed: false,
      ...(events === undefined ? {} : { events }),
      ...(oldestTimestampNs === undefined ? {} : { oldestTimestampNs }),
      ...(newestTimestampNs === undefined ? {} : { newestTimestampNs }),
    };
  }

  /** The events of subjects whose messages are events; undefined when one holds frames, of which each has its own count. */
  async #events(connection: Connection, subjects: readonly Subject[]): Promise<number | undefined> {
    const framed = await Promise.all(subjects.map((each) => this.#isFramed(connection, each.name)));
    return framed.includes(true) ? undefined : subjects.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** A producer packs all of its messages in one way. */
  async #isFramed(connection: Connection, subject: string): Promise<boolean> {
    const known = this.#framed.get(subject);
    if (known !== undefined) return known;
    const last = await lastMessage(connection, this.#stream, subject);
    const isFrame = last !== undefined && nameOf(last)?.isFrame === true;
    this.#framed.set(subject, isFrame);
    return isFrame;
  }
}
