// Stands between the bus and every adapter, once: bounds each call in time, maps what it throws, and calls
// init and shutdown once. `onBatch` alone is not bounded here, since its time-out has an unknown outcome (see lane).
import { inspect } from 'node:util';
import { AdapterError, type AdapterErrorKind } from '../errors/adapter-error.ts';
import { PositionError } from '../errors/position-error.ts';
import { AbortFan } from '../util/abort-fan.ts';
import type { Environment } from '../util/environment.ts';
import { shardList, shardPage, shardPosition } from './answers.ts';
import type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  Batch,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoreInfo,
} from './contract.ts';
import type { Finding } from './finding.ts';

export interface GuardOptions {
  readonly timeoutMs: number;
  readonly environment: Environment;
}

export class AdapterGuard {
  readonly #adapter: Adapter;
  readonly #options: GuardOptions;
  readonly #closing = new AbortController();
  readonly #aborts = new AbortFan();
  #watchBroken = false;
  #opening: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(adapter: Adapter, options: GuardOptions) {
    this.#adapter = adapter;
    this.#options = options;
  }

  get name(): string {
    return this.#adapter.name;
  }

  get capabilities(): AdapterCapabilities {
    return this.#adapter.capabilities;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** False as well once `watch` has given no function: its wake-ups can't be relied on. */
  get canWatch(): boolean {
    return this.#adapter.watch !== undefined && !this.#watchBroken;
  }

  get canSeek(): boolean {
    return this.#adapter.seek !== undefined;
  }

  /** Opens the adapter. One that is late is closed as soon as it has opened, since nobody has it then. */
  async init(context: AdapterContext): Promise<StoreInfo> {
    try {
      return await this.#bounded('init', 'Connection', () => this.#open(context));
    } catch (error) {
      if (this.#opening !== undefined) await this.shutdown(this.#options.timeoutMs);
      throw error;
    }
  }

  /** Not bounded: the lane holds the clock. Rejects with AdapterError only. */
  async onBatch(batch: Batch, signal: AbortSignal): Promise<void> {
    if (this.closed) throw new AdapterError('Shutdown', `${this.name} is shut down`);
    try {
      await this.#adapter.onBatch(batch, { signal });
    } catch (error) {
      throw asAdapterError(error, `${this.name} onBatch`);
    }
  }

  /** @throws AdapterError, or PositionError for a position that the adapter cannot read. */
  async pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    const page = await this.#bounded(
      'pollShard',
      'Transient',
      (signal) => this.#adapter.pollShard(shard, { ...query, signal }),
      { signal: query.signal },
    );
    return shardPage(page, shard, this.name);
  }

  async tail(shard: number, signal: AbortSignal): Promise<string | undefined> {
    const tail = (inner: AbortSignal): Promise<string | undefined> => this.#adapter.tail(shard, { signal: inner });
    return shardPosition(await this.#bounded('tail', 'Transient', tail, { signal }), 'tail', this.name);
  }

  async seek(shard: number, timestampNs: bigint, signal: AbortSignal): Promise<string | undefined> {
    const seek = async (inner: AbortSignal): Promise<string | undefined> =>
      this.#adapter.seek?.(shard, timestampNs, { signal: inner });
    return shardPosition(await this.#bounded('seek', 'Transient', seek, { signal }), 'seek', this.name);
  }

  /** What the adapter shows of itself; nothing when it shows nothing or fails at it. */
  stats(): Readonly<Record<string, unknown>> | undefined {
    try {
      return this.#adapter.stats?.();
    } catch {
      return undefined; // Whoever looks at the counters of a bus must see them.
    }
  }

  flush(signal?: AbortSignal, timeoutMs = this.#options.timeoutMs): Promise<void> {
    return this.#bounded('flush', 'Transient', (inner) => this.#adapter.flush({ signal: inner }), {
      signal,
      timeoutMs,
    });
  }

  prepareShard(shard: number): Promise<void> {
    return this.#bounded('prepareShard', 'Transient', async () => this.#adapter.prepareShard?.(shard));
  }

  /** Ends a shard for good where the adapter knows how. */
  sealShard(shard: number): Promise<void> {
    return this.#bounded('sealShard', 'Transient', async () => this.#adapter.sealShard?.(shard));
  }

  /** Whether the adapter tells which shards have history. */
  get canList(): boolean {
    return this.#adapter.listShards !== undefined;
  }

  /** The shards with history, or an empty list where the adapter does not tell. */
  async listShards(signal?: AbortSignal): Promise<readonly ShardInfo[]> {
    const list = async (): Promise<unknown> => {
      return this.#adapter.listShards === undefined ? [] : this.#adapter.listShards();
    };
    return shardList(await this.#bounded('listShards', 'Transient', list, { signal }), this.name);
  }

  /** Passes wake-ups on until the returned function is called, which never throws: its failures are reported. */
  watch(listener: (shard: number) => void, report: (finding: Finding) => void): () => void {
    if (this.closed || this.#adapter.watch === undefined) return () => undefined;
    let stop: unknown;
    try {
      stop = this.#adapter.watch(listener);
    } catch (error) {
      throw asAdapterError(error, `${this.name} watch`);
    }
    const tell = (message: string, cause?: unknown): void => report({ kind: 'watch-failed', message, cause });
    const end = (call: unknown): void => {
      // The promise takes what the call throws as well as what it rejects with, should it be async.
      const ended = new Promise((resolve) => resolve(typeof call === 'function' ? call() : undefined));
      ended.catch((error) => tell(`${this.name} could not stop its watch`, error));
    };
    if (typeof stop === 'function') return () => end(stop);
    this.#watchBroken = true;
    tell(`${this.name} watch gave no function to stop it; the bus polls instead`);
    // An async one is stopped as soon as it tells how.
    Promise.resolve(stop).then(end, (error) => tell(`${this.name} watch rejected`, error));
    return () => undefined;
  }

  /** Closes the adapter; a second call gets the first one's outcome. */
  shutdown(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  #open(context: AdapterContext): Promise<StoreInfo> {
    const opening = Promise.resolve(this.#adapter.init({ ...context, signal: this.#closing.signal }));
    const settled = (): void => {
      this.#opening = undefined;
    };
    this.#opening = opening.then(settled, settled);
    return opening;
  }

  #close(timeoutMs: number): Promise<void> {
    const close = (): Promise<void> =>
      this.#bounded('shutdown', 'Transient', (signal) => this.#adapter.shutdown({ signal }), { timeoutMs });
    // Closing what still opens would leave it open in the end; so it is closed afterwards, and nobody waits for it.
    // Its failure has no one to tell: the caller knows already that the adapter did not open.
    const done = this.#opening === undefined ? close() : void this.#opening.then(close).catch(() => undefined);
    this.#closing.abort(new AdapterError('Shutdown', `${this.name} is shut down`));
    return Promise.resolve(done);
  }

  async #bounded<T>(
    call: string,
    onTimeout: AdapterErrorKind,
    run: (signal: AbortSignal) => Promise<T>,
    { signal, timeoutMs = this.#options.timeoutMs }: { signal?: AbortSignal | undefined; timeoutMs?: number } = {},
  ): Promise<T> {
    if (call !== 'shutdown' && this.closed) throw new AdapterError('Shutdown', `${this.name} is shut down`);
    signal?.throwIfAborted();
    const controller = new AbortController();
    const stops = call === 'shutdown' ? [signal] : [signal, this.#closing.signal];
    return new Promise<T>((resolve, reject) => {
      const leave: (() => void)[] = [];
      const finish = (): void => {
        for (const each of leave) each();
      };
      const stop = (reason: unknown): void => {
        finish();
        reject(reason);
        controller.abort(reason);
      };
      const timer = this.#options.environment.after(timeoutMs, () => {
        stop(new AdapterError(onTimeout, `${this.name} ${call} did not settle within ${timeoutMs} ms`));
      });
      leave.push(() => timer.cancel());
      for (const each of stops) {
        if (each !== undefined) leave.push(this.#aborts.add(each, () => stop(each.reason)));
      }
      settle(run, controller.signal).then(
        (value) => {
          finish();
          resolve(value);
        },
        (error) => {
          finish();
          reject(error instanceof PositionError ? error : asAdapterError(error, `${this.name} ${call}`));
        },
      );
    });
  }
}

/** A method that throws before it returns its promise is the same as one whose promise rejects. */
async function settle<T>(run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return run(signal);
}

/** A user, with or without a password, before the host of a URL; bounded, so that a long message costs little. */
const USER_INFO = /\/\/(?:[^\s/?#]{0,256}|[^\s/:@]{0,256}:(?!\d+\/)[^\s@]{0,256})@/g;

/** What the bus may decide by: an AdapterError as it is, anything else as Fatal with its cause. Quotes no password. */
export function asAdapterError(error: unknown, where: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const message = error instanceof Error ? error.message : inspect(error, { depth: 0 });
  return new AdapterError('Fatal', `${where} threw what is no AdapterError: ${withoutUserInfo(message)}`, {
    cause: error,
  });
}

/** Errors of network libraries quote the address that they were given, and an address may hold a password. */
function withoutUserInfo(message: string): string {
  return message.replace(USER_INFO, '//***@');
}
