// A producer of numbered events, in this process: it ingests and flushes until it is told to stop, and knows which numbers
// a resolved flush covered.
import type { EventBus, StatsSnapshot } from '../../../src/index.ts';

export class NumberedProducer {
  readonly #bus: EventBus;
  readonly #name: string;
  /** Numbers below it were covered by a flush that resolved. */
  covered = 0;
  #ingested = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(bus: EventBus, name: string) {
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
    return (await this.#bus.shutdown()) as StatsSnapshot;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (let nth = 0; nth < 200; nth += 1) {
        await this.#bus.ingestRaw(`${this.#name}:${this.#ingested}`);
        this.#ingested += 1;
      }
      const through = this.#ingested;
      await this.#bus.flush();
      this.covered = through;
    }
  }
}
