// Reads one shard for one page: asks the adapter for runs of records and offers them one by one.
// Invariant: a record is passed once and in stored order, and `mark` names the place right after the last one passed.
import type { Gap, ShardPage, StoredRecord } from '../adapter/contract.ts';
import type { AdapterGuard } from '../adapter/guard.ts';
import type { AdapterError } from '../errors/adapter-error.ts';
import { ConsumerError } from '../errors/consumer-error.ts';
import { PositionError } from '../errors/position-error.ts';
import type { ShardMark } from './cursor.ts';

/** How a reader reaches its store. */
export interface ReaderStore {
  readonly guard: AdapterGuard;
  readonly signal: AbortSignal;
}

const NOTHING: readonly StoredRecord[] = [];

export class ShardReader {
  readonly shard: number;
  /** The next record, if one is at hand. */
  head: StoredRecord | undefined;
  /** The stamp of `head`. */
  headStamp = 0n;
  /** How many more events this shard may give in the current round of a Sequence page. */
  share = 0;
  /** Records that the last ask brought; 0 before the first one. */
  lastGot = 0;
  /** Why the shard cannot be read any further for this page. */
  error: AdapterError | undefined;
  #records: readonly StoredRecord[] = NOTHING;
  #index = 0;
  /** The place before `#records`, and the one after them. */
  #before: string | undefined;
  #after: string | undefined;
  #follows = true;
  #sealed = false;
  #gap: Gap | undefined;
  #bytesLeft: number;

  constructor(shard: number, position: string | undefined, maxBytes: number) {
    this.shard = shard;
    this.#before = position;
    this.#after = position;
    this.#bytesLeft = maxBytes;
  }

  /** Nothing is at hand, and the store has or may have more. */
  get isDry(): boolean {
    return this.head === undefined && this.#follows && this.error === undefined;
  }

  /** Dry, and within its bytes for this page. */
  get canAsk(): boolean {
    return this.isDry && this.#bytesLeft > 0;
  }

  /** Whether reading on now would bring something. */
  get hasMore(): boolean {
    return this.head !== undefined || this.isDry;
  }

  /** The last answer of the store. */
  get records(): readonly StoredRecord[] {
    return this.#records;
  }

  /** How many of `records` are passed. */
  get index(): number {
    return this.#index;
  }

  /** Where this page leaves the shard; undefined while it is before all history. */
  get mark(): ShardMark | undefined {
    if (this.#index === this.#records.length) {
      if (this.#sealed && !this.#follows && this.error === undefined) return 'done';
      return this.#after === undefined ? undefined : { position: this.#after };
    }
    const position = this.#index === 0 ? this.#before : this.#records[this.#index - 1]?.position;
    return position === undefined ? undefined : { position };
  }

  /**
   * Asks for up to `limit` records, once nothing is at hand. An error of the adapter ends the reading of this shard.
   * @throws ConsumerError InvalidCursor when the adapter cannot read the position, and the reason of an abort.
   */
  async ask({ guard, signal }: ReaderStore, limit: number): Promise<void> {
    const query = { after: this.#after, limit, maxBytes: Math.max(1, this.#bytesLeft), signal };
    let page: ShardPage;
    try {
      page = await guard.pollShard(this.shard, query);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PositionError) {
        const message = `The cursor does not fit shard ${this.shard} of this store: ${error.message}`;
        throw new ConsumerError('InvalidCursor', message, { cause: error });
      }
      this.error = error as AdapterError; // The guard lets nothing else through.
      return;
    }
    this.#take(page, limit);
  }

  /** Goes past the head. True when that was the last record at hand. */
  pass(): boolean {
    this.#index += 1;
    const next = this.#records[this.#index];
    this.head = next;
    if (next === undefined) return true;
    this.headStamp = next.timestampNs;
    return false;
  }

  /** Goes past up to `count` records at hand; tells which. */
  passRun(count: number): { readonly records: readonly StoredRecord[]; readonly from: number; readonly to: number } {
    const records = this.#records;
    const from = this.#index;
    const to = Math.min(records.length, from + count);
    this.#index = to;
    this.head = records[to];
    if (this.head !== undefined) this.headStamp = this.head.timestampNs;
    return { records, from, to };
  }

  /** History that is gone and that `mark` is past, told once. */
  takeGap(): Gap | undefined {
    if (this.#gap === undefined || (this.#index === 0 && this.#records.length > 0)) return undefined;
    const gap = this.#gap;
    this.#gap = undefined;
    return gap;
  }

  #take(page: ShardPage, limit: number): void {
    const { records } = page;
    const last = records[records.length - 1];
    const next = page.next ?? last?.position ?? this.#after;
    // An adapter that says there is more and stays where it is would be asked for ever.
    this.#follows = page.hasMore && (last !== undefined || next !== this.#after);
    this.#before = this.#after;
    this.#after = next;
    this.#records = records;
    this.#index = 0;
    this.#sealed = page.sealed === true;
    this.#gap = page.gap;
    this.lastGot = records.length;
    this.head = records[0];
    if (this.head !== undefined) this.headStamp = this.head.timestampNs;
    if (this.#follows && records.length < limit) this.#bytesLeft -= bytesOf(records);
  }
}

/** Records of the built-in stores tell the length of their payload without a copy of it. */
function bytesOf(records: readonly StoredRecord[]): number {
  let total = 0;
  for (const record of records) {
    const { payloadBytes } = record as { payloadBytes?: unknown };
    total += typeof payloadBytes === 'number' ? payloadBytes : record.bytes.byteLength;
  }
  return total;
}
