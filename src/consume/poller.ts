// Answers `poll`: validates, finds the start, reads the shards in the asked order, and tells the clock what it saw.
// Invariant: nothing outlives a poll but the memory of failing shards, and no listener stays on the caller's signal.
import { crc32 } from 'node:zlib';
import { AdapterError } from '../errors/adapter-error.ts';
import { ConsumerError } from '../errors/consumer-error.ts';
import { AbortFan } from '../util/abort-fan.ts';
import { ClockAdoption } from './clock-adoption.ts';
import type { Cursor } from './cursor.ts';
import { CursorCodec } from './cursor-codec.ts';
import { type OrderHold, type ShardTest, takeHold } from './order-hold.ts';
import { Ordering } from './ordering.ts';
import { ConsumeResponse, type FailedShard } from './page.ts';
import { PageBuilder } from './page-builder.ts';
import { PageRun } from './page-run.ts';
import { type PollPlan, planOf } from './poll-plan.ts';
import type { PollSource } from './poll-source.ts';
import { readInSequence } from './sequence-order.ts';
import { ShardFailures } from './shard-failures.ts';
import { ShardReader } from './shard-reader.ts';
import { startCursor } from './start-cursor.ts';
import { readByTimestamp, type TimestampOptions } from './timestamp-order.ts';

/** The most payload bytes of a page, divided among its shards; the first record of each is always taken. */
const PAGE_BYTES = 32 * 1024 * 1024;

/** A page, and what a subscription must know of it. */
export interface PollOutcome {
  readonly page: ConsumeResponse;
  /** The stamp of the first event that a hold keeps back in Timestamp order. */
  readonly heldNs: bigint | undefined;
}

export class Poller {
  readonly #source: PollSource;
  readonly #codec: CursorCodec;
  readonly #failures: ShardFailures;
  readonly #adoption: ClockAdoption;
  /** For polls without a signal. */
  readonly #never = new AbortController().signal;
  /** For the signals of subscriptions. */
  readonly aborts = new AbortFan();

  constructor(source: PollSource) {
    this.#source = source;
    this.#codec = new CursorCodec(source.storeId);
    this.#failures = new ShardFailures(source.maxHoldMs, () => source.environment.monotonicMs());
    this.#adoption = new ClockAdoption(source);
  }

  get source(): PollSource {
    return this.#source;
  }

  /**
   * Reads one page.
   * @param request A ConsumeRequest or plain options.
   * @throws ConsumerError InvalidRequest, InvalidFilter, InvalidCursor; Adapter when no shard could be read, its cause
   * says whether a retry helps; the reason of `signal` when that aborts.
   */
  async poll(request: unknown, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ConsumeResponse> {
    const plan = planOf(request);
    const { page } = await this.read(plan, options.signal);
    return page;
  }

  /** Reads one page of a plan. Throws as `poll` does. */
  async read(plan: PollPlan, signal: AbortSignal | undefined): Promise<PollOutcome> {
    this.throwIfClosed();
    signal?.throwIfAborted();
    try {
      return await this.#page(plan, signal ?? this.#never);
    } catch (error) {
      signal?.throwIfAborted();
      throw asConsumerError(error);
    }
  }

  /** @throws ConsumerError Adapter, its cause AdapterError Shutdown, after the shutdown of the bus. */
  throwIfClosed(): void {
    const { closed } = this.#source;
    if (closed.aborted) throw asConsumerError(closed.reason);
  }

  /** The cursor that a plan starts at, as a string. Throws as `poll` does. */
  async startOf(plan: PollPlan, signal: AbortSignal | undefined): Promise<string> {
    const { page } = await this.read({ ...plan, limit: 0 }, signal);
    return page.cursor;
  }

  async #page(plan: PollPlan, signal: AbortSignal): Promise<PollOutcome> {
    const order = plan.ordering === Ordering.Timestamp ? this.#timestampOrder(plan) : undefined;
    const shards = (): Promise<readonly number[]> => this.#allShards(plan.shards ?? [], signal);
    const start = await startCursor(plan.start, { source: this.#source, codec: this.#codec, signal, shards });
    const readers = plan.limit === 0 ? [] : await this.#readers(plan, start, signal);
    const text = this.#codec.encode(start);
    if (readers.length === 0) return { page: emptyPage(text), heldNs: undefined };
    const marksLate = order !== undefined;
    const builder = new PageBuilder({ start, codec: this.#codec, test: plan.test, marksLate });
    const scans = plan.test !== undefined || start.since !== undefined;
    const store = { guard: this.#source.guard, signal };
    const run = new PageRun({ store, readers, builder, limit: plan.limit, scans, turn: crc32(text) });
    const end = order === undefined ? await readInSequence(run) : await readByTimestamp(run, order);
    this.#adoption.adopt(run);
    for (const reader of readers) this.#failures.note(reader);
    const failedShards = failuresOf(readers);
    rejectIfNothingWorked(failedShards, readers.length, builder.examined);
    const cursor = this.#codec.encode(cursorAfter(start, run));
    const { events, gaps } = builder;
    const { hasMore, heldShards, heldNs } = end;
    return { page: new ConsumeResponse({ events, cursor, hasMore, gaps, failedShards, heldShards }), heldNs };
  }

  /** Takes the bound: before the shards are listed, so that an event of one that is missed cannot come too late. */
  #timestampOrder(plan: PollPlan): TimestampOptions {
    const only = plan.shards === undefined ? undefined : new Set(plan.shards);
    const asked: ShardTest = (shard) => only === undefined || only.has(shard);
    const hold = takeHold(this.#source, asked);
    const holdNow = (run: PageRun): OrderHold => {
      this.#adoption.adopt(run);
      return takeHold(this.#source, asked);
    };
    return { hold, holdNow, failures: this.#failures };
  }

  async #readers(plan: PollPlan, start: Cursor, signal: AbortSignal): Promise<ShardReader[]> {
    const shards = plan.shards ?? (await this.#allShards(start.shards, signal));
    const open = shards.filter((shard) => !start.done.has(shard));
    const bytes = Math.ceil(PAGE_BYTES / Math.max(1, open.length));
    return open.map((shard) => new ShardReader(shard, start.positionOf(shard), bytes));
  }

  /** The shards of this bus, those that the store tells of, and these, ascending. */
  async #allShards(more: readonly number[], signal: AbortSignal): Promise<readonly number[]> {
    const listed = await this.#source.guard.listShards(signal);
    const all = new Set([...this.#source.shards(), ...more]);
    for (const { shard } of listed) all.add(shard);
    return [...all].sort((a, b) => a - b);
  }
}

function emptyPage(cursor: string): ConsumeResponse {
  return new ConsumeResponse({ events: [], cursor, hasMore: false, gaps: [], failedShards: [], heldShards: [] });
}

function cursorAfter(start: Cursor, { readers, builder }: PageRun): Cursor {
  const cursor = start.copy();
  if (builder.greatestNs > cursor.watermark) cursor.watermark = builder.greatestNs;
  for (const reader of readers) {
    const mark = reader.mark;
    if (mark !== undefined) cursor.set(reader.shard, mark);
  }
  return cursor;
}

function failuresOf(readers: readonly ShardReader[]): FailedShard[] {
  const failed: FailedShard[] = [];
  for (const { shard, error } of readers) if (error !== undefined) failed.push({ shard, error });
  return failed;
}

/** One failing shard is told on the page; all of them, or a store that was shut down, make no page. */
function rejectIfNothingWorked(failed: readonly FailedShard[], readers: number, examined: number): void {
  const shutdown = failed.find(({ error }) => error.kind === 'Shutdown');
  if (shutdown !== undefined) throw shutdown.error;
  const [first] = failed;
  if (first !== undefined && failed.length === readers && examined === 0) throw first.error;
}

/** What `poll` throws: errors of the adapter as the cause of a ConsumerError, anything else as it is. */
function asConsumerError(error: unknown): unknown {
  if (!(error instanceof AdapterError)) return error;
  return new ConsumerError('Adapter', `The store could not be read: ${error.message}`, { cause: error });
}
