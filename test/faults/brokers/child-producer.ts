// The same in a process of its own, which is killed and started again on the same nonce file, in the two packings by turns.
// A run tells by lines how many of its events a resolved flush has covered.
import { join } from 'node:path';
import { Program, type RunningProgram } from '../log/bundle.ts';

/** Behind the code of a broker, which makes `open`. */
const CODE = `
  import { createRequire } from 'node:module';
  import { EventBus } from './src/index.ts';
  globalThis.require = createRequire(import.meta.url); // clients may be CommonJS
  const [url, prefix, nonce, run] = process.argv.slice(2);
  const adapter = open(url, prefix, run % 2 === 0 ? 'batch' : 'event');
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

export class ChildProducer {
  readonly #program: Program;
  readonly #args: readonly string[];
  /** By run, how many events a flush has covered. */
  readonly covered: number[] = [];
  #running: RunningProgram | undefined;
  #reading: Promise<void> | undefined;

  constructor(adapterCode: string, args: { readonly url: string; readonly prefix: string; readonly folder: string }) {
    this.#program = new Program(adapterCode + CODE);
    this.#args = [args.url, args.prefix, join(args.folder, 'nonce')];
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
