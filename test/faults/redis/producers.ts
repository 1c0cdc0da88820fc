// Producers of numbered events: one in this process, one in a process of its own that is killed and started again on the
// same nonce file. Each knows how many of its events a resolved flush has covered.
import { join } from 'node:path';
import { AdapterError, type EventBus, type StatsSnapshot } from '../../../src/index.ts';
import { Program, type RunningProgram } from '../log/bundle.ts';

const CHILD = `
  import { createRequire } from 'node:module';
  import { EventBus } from './src/index.ts';
  import { redis } from './src/adapters/redis/index.ts';
  globalThis.require = createRequire(import.meta.url); // the client is CommonJS
  const [url, prefix, nonce, run] = process.argv.slice(2);
  const adapter = redis(url, { prefix, packing: run % 2 === 0 ? 'batch' : 'event', replyTimeoutMs: 1000, connectTimeoutMs: 1000 });
  let bus;
  while (bus === undefined) {
    try {
      bus = await EventBus.create({
        adapter, shards: 2, backpressure: 'block', adapterTimeoutMs: 2000, producerNoncePath: nonce, retry: { maxDelayMs: 100 },
      });
    } catch (error) {
      if (error.name !== 'AdapterError') throw error; // the fire has met its start: again
    }
  }
  for (let count = 0; ; ) {
    for (let nth = 0; nth < 100; nth += 1, count += 1) await bus.ingestRaw('child' + run + ':' + count);
    for (let told = false; !told; ) {
      try {
        await bus.flush();
        told = true;
      } catch (error) {
        if (!error.isRetryable?.()) throw error; // the server was away for longer than a flush waits: again
      }
    }
    console.log(count);
  }`;

/** The one in a process of its own. */
export class ChildProducer {
  readonly #program = new Program(CHILD);
  readonly #args: readonly string[];
  /** By run, how many events a flush has covered. */
  readonly covered: number[] = [];
  #running: RunningProgram | undefined;
  #reading: Promise<void> | undefined;

  constructor(url: string, prefix: string, folder: string) {
    this.#args = [url, prefix, join(folder, 'nonce')];
  }

  start(): void {
    const run = this.covered.length;
    this.covered.push(0);
    this.#running = this.#program.start([...this.#args, String(run)]);
    this.#reading = this.#read(this.#running, run);
  }

  /** Kills it, and reads what it had said until then. */
  async kill(): Promise<void> {
    await this.#running?.kill();
    await this.#reading;
  }

  remove(): void {
    this.#program.remove();
  }

  async #read(running: RunningProgram, run: number): Promise<void> {
    for (let line = await running.line(); line !== undefined; line = await running.line()) {
      this.covered[run] = Number(line);
    }
  }
}

/** The one in this process. */
export class OwnProducer {
  readonly #bus: EventBus<unknown, 'block'>;
  /** Numbers below it were covered by a flush that resolved. */
  covered = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(bus: EventBus<unknown, 'block'>) {
    this.#bus = bus;
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
      for (let nth = 0; nth < 200; nth += 1, count += 1) await this.#bus.ingestRaw(`own:${count}`);
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
