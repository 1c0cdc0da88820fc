// One run of `poll` or `tail`: page after page from a bus that only reads, as lines on stdout. Invariants: the cursor
// file moves on only after the output has taken the lines before it; what can't be read is told and is no quiet end.
import { EventBus } from '../../bus/event-bus.ts';
import type { ConsumeResponse } from '../../consume/page.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { ConsumerError } from '../../errors/consumer-error.ts';
import { eventLine } from '../envelope.ts';
import { failureText } from '../failure.ts';
import type { LineOutput } from '../line-output.ts';
import type { Notices } from '../notices.ts';
import { PageText } from './page-text.ts';
import type { ReadRequest } from './read-options.ts';

const PAGE = 5000;
/** A cursor file is synced to disk: not for every page, but at the end and once in this time. */
const SAVE_EVERY_MS = 1000;

export interface ReadRunOptions {
  readonly request: ReadRequest;
  readonly output: LineOutput;
  readonly notices: Notices;
  /** Ends the run between two pages, and any waiting. */
  readonly stop: AbortSignal;
  readonly nowMs: () => number;
}

export class ReadRun {
  readonly #options: ReadRunOptions;
  readonly #bus: EventBus;
  readonly #text = new PageText();
  #from: ReadRequest['start'];
  #left: number;
  #savedMs: number;
  /** Where to go on after what was written. */
  #cursor: string | undefined;
  /** Shards that can't be read, with the reason. */
  readonly #failed = new Map<number, string>();
  /** The same for failures that may pass, until a page has none. */
  readonly #passing = new Map<number, string>();

  private constructor(options: ReadRunOptions, bus: EventBus) {
    this.#options = options;
    this.#bus = bus;
    this.#from = options.request.start;
    this.#left = options.request.limit;
    this.#savedMs = options.nowMs();
  }

  /** @throws AdapterError when the store can't be opened for reading */
  static async open(options: ReadRunOptions): Promise<ReadRun> {
    // It ingests nothing: the smallest rings there are.
    const rings = { shards: 1, ringCapacity: 1, maxEventBytes: 1, ringBytes: 65_536 * 2 };
    const bus = await EventBus.create({ ...rings, adapter: options.request.store.open('read') });
    return new ReadRun(options, bus);
  }

  /** Whether a shard could not be read. */
  get failed(): boolean {
    return this.#failed.size > 0 || this.#passing.size > 0;
  }

  get done(): boolean {
    return this.#left <= 0 || this.#options.stop.aborted;
  }

  /** Prints what is there until the end is reached, or the limit. */
  async replay(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.#poll();
      if (page === undefined) return;
      await this.#print(page);
      more = page.hasMore && !this.done;
    }
  }

  /** Replays, then waits for what comes, until stopped or at the limit. */
  async follow(): Promise<void> {
    for (;;) {
      try {
        await this.replay();
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.#warn(failureText(error));
      }
      if (this.done) return;
      await this.#save();
      await this.#news();
      if (this.done) return;
    }
  }

  /** Saves where it ended, and gives the store back. */
  async close(): Promise<void> {
    try {
      await this.#save();
      if (this.#options.request.showCursor) this.#options.notices.say(this.#cursor ?? '');
    } finally {
      await this.#bus.shutdown();
    }
  }

  async #poll(): Promise<ConsumeResponse | undefined> {
    const { filter, ordering, shards } = this.#options.request;
    const limit = Math.min(PAGE, this.#left);
    const { stop } = this.#options;
    try {
      return await this.#bus.poll({ limit, from: this.#from, filter, ordering, shards }, { signal: stop });
    } catch (error) {
      if (stop.aborted) return undefined;
      throw error;
    }
  }

  async #print(page: ConsumeResponse): Promise<void> {
    const { output, request } = this.#options;
    for (const { shard, reason, count } of page.gaps) {
      this.#warn(`gap: ${count ?? 'an unknown number of'} events of shard ${shard} are gone (${reason})`);
    }
    this.#tellFailures(page.failedShards);
    if (page.events.length > 0) {
      await output.write(request.envelope ? envelopes(page) : this.#text.of(page.events));
    }
    this.#left -= page.events.length;
    this.#from = page.cursor;
    this.#cursor = page.cursor;
    if (this.#options.nowMs() - this.#savedMs >= SAVE_EVERY_MS) await this.#save();
  }

  /** Once for each shard and reason: the pages of the other shards go on, and would repeat it. */
  #tellFailures(failed: ConsumeResponse['failedShards']): void {
    if (failed.length === 0) this.#passing.clear();
    for (const { shard, error } of failed) {
      const text = failureText(error);
      const told = error.isRetryable() ? this.#passing : this.#failed;
      if (told.get(shard) !== text) this.#warn(`shard ${shard} can't be read: ${text}`);
      told.set(shard, text);
    }
  }

  async #save(): Promise<void> {
    if (this.#cursor !== undefined) await this.#options.request.cursorFile?.save(this.#cursor);
    this.#savedMs = this.#options.nowMs();
  }

  /** Resolves when there is an event after the cursor, read again by the next page: a subscription tells of no gaps. */
  async #news(): Promise<void> {
    const { ordering, shards } = this.#options.request;
    const { stop } = this.#options;
    const news = this.#bus.subscribe({ from: this.#from, ordering, shards, pageSize: 1, signal: stop });
    try {
      await news.next();
    } finally {
      await news.return();
    }
  }

  #warn(text: string): void {
    this.#options.notices.say(`meshbus: ${text}`);
  }
}

function envelopes({ events }: ConsumeResponse): string {
  return events.map((event) => `${eventLine(event, true)}\n`).join('');
}

function mayPass(error: unknown): boolean {
  return error instanceof ConsumerError && error.cause instanceof AdapterError && error.cause.isRetryable();
}
