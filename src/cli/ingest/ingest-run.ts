// One run of `ingest`: inputs through splitter and reader into a bus, until they end, a line is bad under --strict,
// the store refuses for good, or the user stops it. Invariant: whatever ends it, the bus is flushed and the account
// says what became of every line that was read.
import { addAbortSignal, type Readable } from 'node:stream';
import { EventBus } from '../../bus/event-bus.ts';
import { failureText } from '../failure.ts';
import { sayFindings } from '../finding-notices.ts';
import type { Notices } from '../notices.ts';
import type { Store } from '../store.ts';
import { IngestAccount } from './account.ts';
import type { Input } from './inputs.ts';
import type { KeyPath } from './key-path.ts';
import { LineReader } from './line-reader.ts';
import { LineSplitter } from './line-splitter.ts';
import { watchForStalls } from './stall-watch.ts';

/** What a line may be longer than its payload, as an envelope: base64 takes a third more, key and headers escapes. */
const ENVELOPE_BYTES = 1024 * 1024;

export interface IngestRunOptions {
  readonly store: Store;
  readonly inputs: readonly Input[];
  readonly key: KeyPath | undefined;
  readonly strict: boolean;
  readonly plain: boolean;
  readonly maxEventBytes: number;
  readonly shards: number | undefined;
  readonly notices: Notices;
  /** The user's wish to stop. */
  readonly stop: AbortSignal;
}

export class IngestRun {
  readonly account = new IngestAccount();
  readonly #options: IngestRunOptions;
  readonly #stop = new AbortController();
  #failed = false;

  constructor(options: IngestRunOptions) {
    this.#options = options;
  }

  /** Whether something failed beside lines that were bad. */
  get failed(): boolean {
    return this.#failed;
  }

  /** @throws AdapterError or ConfigError when the store can't be opened */
  async run(): Promise<void> {
    const endFindings = sayFindings(this.#options.notices);
    try {
      await this.#work(await this.#open());
    } finally {
      endFindings();
    }
  }

  async #work(bus: EventBus<unknown, 'block'>): Promise<void> {
    const { inputs, notices, stop, store } = this.#options;
    const endWatch = watchForStalls(bus, store.url, notices);
    const onStop = (): void => this.#stop.abort();
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    try {
      for (const input of inputs) if (!this.#stop.signal.aborted) await this.#read(input, bus);
    } catch (error) {
      this.#fail(failureText(error));
    }
    stop.removeEventListener('abort', onStop);
    await this.#close(bus);
    endWatch();
  }

  #open(): Promise<EventBus<unknown, 'block'>> {
    const { maxEventBytes, shards, store } = this.#options;
    return EventBus.create({
      adapter: store.open('write'),
      backpressure: 'block',
      maxEventBytes,
      shards,
      onDeadLetter: (batch, error) => {
        this.#fail(`${store.url} refused ${batch.count} events: ${failureText(error)}`);
        this.#stop.abort();
      },
    });
  }

  async #read(input: Input, bus: EventBus<unknown, 'block'>): Promise<void> {
    const { key, maxEventBytes, notices, plain, strict } = this.#options;
    const { account } = this;
    const stop = this.#stop.signal;
    const onBad = (number: number, why: string): void => {
      notices.say(`${input.name}:${number}: bad line: ${why}`);
      if (strict) this.#stop.abort();
    };
    const reader = new LineReader({ bus, account, key, plain, maxEventBytes, onBad, stop });
    const splitter = new LineSplitter(reader, 2 * maxEventBytes + ENVELOPE_BYTES);
    try {
      const source: Readable & { readonly isTTY?: boolean } = input.open();
      if (source.isTTY === true) notices.say(`meshbus: reading ${input.name}, a terminal: end it with Ctrl-D`);
      for await (const chunk of addAbortSignal(stop, source)) {
        account.bytes += (chunk as Buffer).length;
        await splitter.push(chunk as Buffer);
      }
      await splitter.end();
    } catch (error) {
      if (!stop.aborted) this.#fail(`${input.name}: ${failureText(error)}`);
    }
  }

  async #close(bus: EventBus<unknown, 'block'>): Promise<void> {
    const stop = this.#stop.signal;
    try {
      // As long as the store needs, unless something has gone wrong or the user has had enough: then it is bounded.
      if (!stop.aborted) await bus.flush({ signal: stop });
    } catch (error) {
      if (!stop.aborted) this.#fail(failureText(error));
    }
    try {
      await bus.shutdown();
    } catch (error) {
      if (!this.#failed) this.#fail(failureText(error));
    }
    this.account.settle(bus.stats.toJSON());
  }

  #fail(text: string): void {
    this.#failed = true;
    this.#options.notices.say(`meshbus: ${text}`);
  }
}
