// A producer of numbered events, in this process: it ingests and flushes until it is told to stop. Invariant: numbers below
// `covered` were covered by a flush that resolved.
import { AdapterError, type EventBus, type StatsSnapshot } from '../../../src/index.ts';

const AT_ONCE = 200;

export class NumberedProducer {
  readonly #bus: EventBus<unknown, 'block'>;
  readonly #name: string;
  covered = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(bus: EventBus<unknown, 'block'>, name: string) {
    this.#bus = bus;
    this.#name = name;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Lets it finish what it does; everything that it ingested is covered then. */
  async stop(): Promise<StatsSnapshot> {
    this.#stopped = true;
    await this.#running;
    await this.#bus.shutdown();
    return this.#bus.stats.toJSON();
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#stopped; ) {
      for (let nth = 0; nth < AT_ONCE; nth += 1, count += 1) await this.#bus.ingestRaw(`${this.#name}:${count}`);
      await this.#flush();
      this.covered = count;
    }
  }

  /** Until one resolves: the server may be away for longer than a flush waits. */
  async #flush(): Promise<void> {
    for (;;) {
      try {
        await this.#bus.flush();
        return;
      } catch (error) {
        if (!(error instanceof AdapterError) || !error.isRetryable()) throw error;
      }
    }
  }
}
