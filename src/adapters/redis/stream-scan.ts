// Reads the entries of a shard that count, range by range. Invariant: what `read` gives was whole and acknowledged, or on
// its way to be; strays (stray-entries.ts) are passed over. Before it: shard-reader.ts. After it: XRANGE.
import type { Connection } from './connection.ts';
import { type Entry, readEntries } from './entry.ts';
import { compareIds, type EntryId, idText } from './entry-id.ts';
import { endCommand, endOf, lastIdOf, type ShardEnd } from './shard-end.ts';
import { type Behind, firstIndex, withoutStrays } from './stray-entries.ts';

export interface ScanOptions {
  readonly stream: string;
  readonly endKey: string;
  /** What is being done, for errors. */
  readonly where: string;
}

/** An answer. */
export interface Scanned {
  readonly entries: readonly Entry[];
  /** How far the shard reached before the entries were read; undefined where nothing was written. */
  readonly end: ShardEnd | undefined;
  /** The id to go on from; undefined when these were the last. */
  readonly next: EntryId | undefined;
}

export class StreamScan {
  readonly #options: ScanOptions;
  /** What follows a millisecond, as it was last asked: pages may be much shorter than a batch. */
  #following: { readonly ms: number; readonly first: number } | undefined;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /** Entries from an id on, that one included; of `count` some may be strays. @throws AdapterError */
  async read(from: Connection, start: EntryId, count: number): Promise<Scanned> {
    for (let at = start; ; ) {
      const { end, entries: seen } = await this.#ask(from, at, count);
      const full = seen.length >= count;
      const entries = full ? withoutLast(seen) : seen;
      const last = entries.at(-1);
      if (last === undefined) return { end, entries, next: undefined };
      const behind = await this.#behind(from, last, { end, full, later: seen[entries.length] });
      const whole = withoutStrays(entries, behind, this.#options.where);
      const next = full ? after(last, behind) : undefined;
      if (whole.length > 0 || next === undefined) return { end, entries: whole, next };
      at = next;
    }
  }

  async #ask(from: Connection, start: EntryId, count: number): Promise<Omit<Scanned, 'next'>> {
    const { endKey, stream, where } = this.#options;
    const range = ['XRANGE', stream, idText(start), '+', 'COUNT', String(count)];
    const options = { what: where, bytes: true, again: true };
    const [newest, reply] = await from.sendAll([endCommand(endKey), range], options);
    const entries = readEntries(reply, where);
    const end = endOf(newest);
    if (end !== undefined || entries.length > 0) return { end, entries };
    // Nothing was ever written, or what tells of it is gone. The entries are read again: some may have come since.
    const last = await lastIdOf(from, stream);
    if (last === undefined) return { end, entries };
    return { end: last, entries: readEntries(await from.send(range, options), where) };
  }

  /** What tells the strays among entries of which `last` is the last. */
  async #behind(
    from: Connection,
    last: Entry,
    {
      end,
      full,
      later,
    }: { readonly end: ShardEnd | undefined; readonly full: boolean; readonly later: Entry | undefined },
  ): Promise<Behind> {
    const reached = end !== undefined && compareIds(last, end) <= 0;
    if (later !== undefined && (reached || end === undefined)) return { end, first: firstIndex(later) };
    // A stray is followed by an entry of a later millisecond, since a start of the server lies between them.
    if (end === undefined ? !full : reached && (!full || last.ms === end.ms)) return { end, first: Infinity };
    if (reached && this.#following?.ms === last.ms) return { end, first: this.#following.first };
    const { endKey, stream, where } = this.#options;
    const following = ['XRANGE', stream, String(last.ms + 1), '+', 'COUNT', '1'];
    // In this order: an entry that replaces strays is seen at the latest together with the end that covers them.
    const options = { what: where, bytes: true, again: true };
    const [newest, reply] = await from.sendAll([endCommand(endKey), following], options);
    const [entry] = readEntries(reply, where);
    if (entry !== undefined) this.#following = { ms: last.ms, first: firstIndex(entry) };
    return { end: endOf(newest), first: entry === undefined ? Infinity : firstIndex(entry) };
  }
}

/**
 * Without the last entry where it has a millisecond of its own, as one of a whole batch has: it tells of the entries
 * before it, and nothing of itself. To ask what follows it would bring a further batch for each page.
 */
function withoutLast(entries: readonly Entry[]): readonly Entry[] {
  const alone = entries.length > 1 && entries.at(-2)?.ms !== entries.at(-1)?.ms;
  return alone ? entries.slice(0, -1) : entries;
}

/** Where to go on behind an entry; undefined behind the end. */
function after({ index, ms }: Entry, { end, first }: Behind): EntryId | undefined {
  if (end !== undefined && compareIds({ index, ms }, end) > 0) return undefined;
  // The rest of a stray's millisecond are strays, too.
  return index >= first ? { ms: ms + 1, index: 0 } : { ms, index: index + 1 };
}
