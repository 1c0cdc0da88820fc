// Answers reads of shards from sessions, which it keeps while they are of use. Invariant: a page, its gap and its `next`
// account for everything between the asked place and `next`; a page has one gap, before its records.
// Hop before: the adapter; hop after: a session on the reading connection.
import type { AdapterContext, ShardPage, ShardQuery } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Connection } from './connection.ts';
import type { MessageRecord } from './message-record.ts';
import { type Place, placeOf, placeText } from './place.ts';
import { ShardSession } from './shard-session.ts';

export interface ReaderOptions {
  readonly stream: string;
  readonly report: AdapterContext['report'];
  /** An event came to a shard that was read to its end. */
  readonly onNews: (shard: number) => void;
}

const MOST_SESSIONS = 1024;
const MOST_TRIES = 3;

export class ShardReader {
  readonly #options: ReaderOptions;
  /** The least recently used first. */
  readonly #sessions = new Set<ShardSession>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Since when, by `Date.now`, all sessions wait that wait at the end of a shard; undefined when none does. */
  standsSinceMs(shard: number): number | undefined {
    const waiting = [...this.#sessions].filter((each) => each.shard === shard && !each.dead);
    const since = waiting.flatMap(({ standsSinceMs }) => standsSinceMs ?? []);
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** @throws AdapterError, PositionError */
  async read(connection: Connection, ask: Ask): Promise<ShardPage> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const session = this.#find(ask) ?? (await this.#open(connection, ask));
      const page = await this.#try(session, ask);
      if (page !== undefined) return page;
    }
    throw new AdapterError('Transient', `The server lets no consumer read shard ${ask.shard} to its end.`);
  }

  /** A page; undefined when the session ended before it brought anything, or another read has moved it on. */
  async #try(session: ShardSession, ask: Ask): Promise<ShardPage | undefined> {
    session.users += 1;
    try {
      return await fill(session, startOf(ask), ask.query);
    } catch (error) {
      this.#forget(session);
      throw error;
    } finally {
      session.users -= 1;
      if (session.dead) this.#forget(session);
      else if (ask.watched && session.pending === 0) session.stand();
    }
  }

  /** Ends all sessions. */
  close(): void {
    for (const each of this.#sessions) this.#forget(each);
  }

  /** A session that goes on at the place that is asked for. */
  #find(ask: Ask): ShardSession | undefined {
    const start = startOf(ask);
    for (const each of this.#sessions) {
      if (each.dead || each.streamTag !== ask.streamTag()) this.#forget(each);
      else if (each.shard === ask.shard && each.indexAfter(start) >= 0) return this.#touch(each);
    }
    return undefined;
  }

  async #open(connection: Connection, ask: Ask): Promise<ShardSession> {
    // The stream may have been deleted and made again: its positions are others then.
    await ask.refresh(connection);
    const { onNews, report, stream } = this.#options;
    const { shard } = ask;
    const options = { stream, shard, streamTag: ask.streamTag(), start: startOf(ask), report };
    return this.#touch(await ShardSession.open(connection, { ...options, onNews: () => onNews(shard) }));
  }

  #touch(session: ShardSession): ShardSession {
    this.#sessions.delete(session);
    this.#sessions.add(session);
    const [oldest] = this.#sessions;
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined && oldest.users === 0) this.#forget(oldest);
    return session;
  }

  #forget(session: ShardSession): void {
    this.#sessions.delete(session);
    session.end();
  }
}

/** What is read. */
export interface Ask {
  readonly shard: number;
  readonly query: ShardQuery;
  /** Names the stream as it was last seen. */
  readonly streamTag: () => string;
  /** Looks at the stream again. */
  readonly refresh: (connection: Connection) => Promise<void>;
  /** Somebody wants to hear of the next event. */
  readonly watched: boolean;
}

/** @throws PositionError */
function startOf({ query, streamTag }: Ask): Place | undefined {
  return query.after === undefined ? undefined : placeOf(query.after, streamTag());
}

async function fill(
  session: ShardSession,
  place: Place | undefined,
  query: ShardQuery,
): Promise<ShardPage | undefined> {
  // Each round brings something or finds nothing.
  for (let rounds = 0; ; rounds += 1) {
    const at = session.indexAfter(place);
    if (at < 0) return undefined;
    const page = pageOf(session, at, query);
    const { length } = page.records;
    if (page.full || (session.dead && length > 0)) return answer(session, { at, page, query });
    if (session.dead) return undefined;
    if (rounds > 0 && session.pending === 0) {
      if (await session.isAtEnd()) return answer(session, { at, page, query });
      session.disappoint();
      if (session.dead) continue;
    }
    await session.pull(query.limit - length);
    query.signal.throwIfAborted();
  }
}

interface Draft {
  readonly records: MessageRecord[];
  /** Nothing more fits, or a gap follows. */
  readonly full: boolean;
}

function pageOf({ gaps, records }: ShardSession, at: number, { limit, maxBytes }: ShardQuery): Draft {
  let payloadBytes = 0;
  let end = at;
  for (; end < records.length && end - at < limit; end += 1) {
    const record = records[end] as MessageRecord;
    payloadBytes += record.payloadBytes;
    if (end > at && (payloadBytes > maxBytes || gaps.has(record)))
      return { records: records.slice(at, end), full: true };
  }
  return { records: records.slice(at, end), full: end - at >= limit };
}

function answer(
  session: ShardSession,
  { at, page, query }: { readonly at: number; readonly page: Draft; readonly query: ShardQuery },
): ShardPage {
  const { records } = page;
  const [first] = records;
  const ahead = session.records.length - at - records.length;
  const hasMore = ahead > 0 || session.pending > 0 || session.dead;
  if (ahead < query.limit) session.fetchAhead(query.limit);
  if (first === undefined) {
    const behind = at === 0 ? session.behind : undefined;
    return { records, next: behind === undefined ? query.after : placeText(behind.next), hasMore, gap: behind?.gap };
  }
  if (session.users === 1) session.drop(at);
  return { records, next: records.at(-1)?.position, hasMore, gap: session.gaps.get(first) };
}
