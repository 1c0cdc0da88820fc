// Reads one shard, page by page. Invariant: the gap, the records and `next` together account for every index between
// the asked position and `next`. Before it: adapter.ts. After it: XRANGE on the connection for reading.
import type { Gap, ShardPage, ShardQuery } from '../../adapter/contract.ts';
import type { Connection } from './connection.ts';
import { type Entry, readEntries } from './entry.ts';
import { compareIds, type EntryId, eventsBefore, type Place, parsePosition, positionText, START } from './entry-id.ts';
import type { FrameRun } from './frame-run.ts';
import type { Keys } from './keys.ts';
import type { Nodes } from './nodes.ts';
import { PageDraft } from './page-draft.ts';
import { endCommand, endOf, lastIdOf, type ShardEnd } from './shard-end.ts';
import { firstIndex } from './stray-entries.ts';
import { StreamScan } from './stream-scan.ts';

/** The most entries of one answer; they may be large. */
const MOST_ENTRIES = 4096;
/** So many are asked for while nothing is known of their size. */
const FIRST_ENTRIES = 16;

export interface ReaderOptions {
  readonly shard: number;
  readonly keys: Keys;
  readonly nodes: Nodes;
}

export class ShardReader {
  readonly #options: ReaderOptions;
  readonly #where: string;
  readonly #scan: StreamScan;
  /** The frame that the last page ended in: it may be long, and pages short. */
  #run: FrameRun | undefined;
  /** What an entry holds, as far as the last answer told. */
  #entry = { bytes: 0, events: 1 };

  constructor(options: ReaderOptions) {
    this.#options = options;
    const { keys, shard } = options;
    this.#where = `Reading shard ${shard}`;
    this.#scan = new StreamScan({ stream: keys.stream(shard), endKey: keys.end(shard), where: this.#where });
  }

  /** Reads from a position on. @throws AdapterError, PositionError */
  async read(query: ShardQuery): Promise<ShardPage> {
    const after = parsePosition(query.after);
    return this.#options.nodes.with('read', this.#options.shard, (from) => this.#readFrom(from, query, after));
  }

  /** The position behind everything; undefined where nothing was written. @throws AdapterError */
  async tail(): Promise<string | undefined> {
    const end = await this.#options.nodes.with('read', this.#options.shard, (from) => this.end(from));
    return end === undefined ? undefined : positionText(end);
  }

  /** How far the shard reaches. @throws AdapterError */
  async end(from: Connection): Promise<ShardEnd | undefined> {
    const { keys, shard } = this.#options;
    const end = endOf(await from.send(endCommand(keys.end(shard)), { what: this.#where, again: true }));
    return end ?? (await lastIdOf(from, keys.stream(shard)));
  }

  async #readFrom(from: Connection, query: ShardQuery, after: Place): Promise<ShardPage> {
    const { shard } = this.#options;
    const draft = new PageDraft(shard, after, { query, where: this.#where });
    draft.resume(this.#run);
    let end: ShardEnd | undefined;
    let drained = false;
    for (let at: EntryId | undefined = startOf(draft.place); at !== undefined && !draft.full && draft.room > 0; ) {
      const answer = await this.#scan.read(from, at, this.#entriesFor(draft));
      ({ end, next: at } = answer);
      drained = answer.entries.length === 0;
      this.#learn(answer.entries);
      draft.take(answer.entries);
    }
    // Full with the last entry that was seen: what follows it may have come later than the end was read.
    const beyond = end === undefined || compareIds(draft.place, end) > 0;
    if (!draft.full && beyond && draft.records.length > 0) end = await this.end(from);
    this.#run = draft.run ?? this.#run;
    return this.#page(from, draft, { after, end, drained });
  }

  async #page(
    from: Connection,
    draft: PageDraft,
    { after, end, drained }: { readonly after: Place; readonly end: ShardEnd | undefined; readonly drained: boolean },
  ): Promise<ShardPage> {
    const { shard } = this.#options;
    const { behindGap, records } = draft;
    let { gap, place } = draft;
    if (behindGap !== undefined && after.index > 0 && !(await this.#isOldest(from, behindGap))) {
      gap = { ...(gap as Gap), reason: 'lost' };
    }
    if (!draft.full && records.length === 0 && gap === undefined && drained) {
      ({ gap, place } = emptyPage(shard, after, end));
    }
    const hasMore = draft.full || (end !== undefined && end.index > 0 && compareIds(end, place) > 0);
    return { records, next: positionText(place), hasMore, gap };
  }

  #entriesFor(draft: PageDraft): number {
    const { bytes, events } = this.#entry;
    if (bytes === 0) return FIRST_ENTRIES;
    const wanted = Math.min(draft.room / events, draft.roomBytes / bytes) + 1;
    return Math.max(1, Math.min(MOST_ENTRIES, Math.ceil(wanted)));
  }

  #learn(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    let bytes = 0;
    for (const { frame, payload } of entries) bytes += (frame ?? payload)?.length ?? 0;
    const events = (last.index - firstIndex(entries[0] as Entry) + 1) / entries.length;
    this.#entry = { bytes: Math.max(1, bytes / entries.length), events: Math.max(1, events) };
  }

  async #isOldest(from: Connection, id: EntryId): Promise<boolean> {
    const command = ['XRANGE', this.#options.keys.stream(this.#options.shard), '-', '+', 'COUNT', '1'];
    const [oldest] = readEntries(
      await from.send(command, { what: this.#where, bytes: true, again: true }),
      this.#where,
    );
    return oldest === undefined || compareIds(oldest, id) >= 0;
  }
}

/** What a reader is told that finds nothing behind its place. */
function emptyPage(
  shard: number,
  after: Place,
  end: ShardEnd | undefined,
): { readonly gap: Gap | undefined; readonly place: Place } {
  const before = eventsBefore(after);
  if (end === undefined) return { place: START, gap: before === 0 ? undefined : { shard, reason: 'lost' } };
  // The server reaches less far than it did.
  if (compareIds(end, after) < 0) return { place: idOf(end), gap: { shard, reason: 'lost' } };
  if (end.index <= before) return { place: after, gap: undefined };
  return { place: idOf(end), gap: { shard, reason: 'trimmed', count: end.index - before } };
}

/** The id to read from behind a place; an entry that was read in part is asked for again. */
function startOf({ index, left, ms }: Place): EntryId {
  return { ms, index: left === undefined ? index + 1 : index };
}

function idOf({ index, ms }: EntryId): EntryId {
  return { ms, index };
}
