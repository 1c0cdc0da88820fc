// Stands between the bus and every adapter, once: bounds each call in time, maps what it throws, and calls
// init and shutdown once. `onBatch` alone is not bounded here, since its time-out has an unknown outcome (see lane).
import { AdapterError, type AdapterErrorKind } from '../errors/adapter-error.ts';
import { PositionError } from '../errors/position-error.ts';
import type { Environment } from '../util/environment.ts';
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

export interface GuardOptions {
  readonly timeoutMs: number;
  readonly environment: Environment;
}

export class AdapterGuard {
  readonly #adapter: Adapter;
  readonly #options: GuardOptions;
  readonly #closing = new AbortController();
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

  get canWatch(): boolean {
    return this.#adapter.watch !== undefined;
  }

  get canSeek(): boolean {
    return this.#adapter.seek !== undefined;
  }

  init(context: AdapterContext): Promise<StoreInfo> {
    return this.#bounded('init', 'Connection', () => this.#adapter.init(context));
  }

  /** Not bounded: the lane holds the clock. Rejects with AdapterError only. */
  async onBatch(batch: Batch, signal: AbortSignal): Promise<void> {
    try {
      await this.#adapter.onBatch(batch, { signal });
    } catch (error) {
      throw asAdapterError(error, `${this.name} onBatch`);
    }
  }

  /** @throws AdapterError, or PositionError for a position that the adapter cannot read. */
  pollShard(shard: number, query: ShardQuery): Promise<ShardPage> {
    return this.#bounded('pollShard', 'Transient', (signal) => this.#adapter.pollShard(shard, { ...query, signal }), {
      signal: query.signal,
    });
  }

  tail(shard: number, signal: AbortSignal): Promise<string | undefined> {
    return this.#bounded('tail', 'Transient', (inner) => this.#adapter.tail(shard, { signal: inner }), { signal });
  }

  async seek(shard: number, timestampNs: bigint, signal: AbortSignal): Promise<string | undefined> {
    return this.#bounded(
      'seek',
      'Transient',
      async (inner) => this.#adapter.seek?.(shard, timestampNs, { signal: inner }),
      { signal },
    );
  }

  flush(signal?: AbortSignal): Promise<void> {
    return this.#bounded('flush', 'Transient', (inner) => this.#adapter.flush({ signal: inner }), { signal });
  }

  prepareShard(shard: number): Promise<void> {
    return this.#bounded('prepareShard', 'Transient', async () => this.#adapter.prepareShard?.(shard));
  }

  /** The shards with history, or an empty list where the adapter does not tell. */
  listShards(signal?: AbortSignal): Promise<readonly ShardInfo[]> {
    return this.#bounded('listShards', 'Transient', async () => (await this.#adapter.listShards?.()) ?? [], { signal });
  }

  /** Passes wake-ups on until the returned function is called. */
  watch(listener: (shard: number) => void): () => void {
    return this.#adapter.watch?.(listener) ?? (() => undefined);
  }

  /** Closes the adapter; a second call gets the first one's outcome. */
  shutdown(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  #close(timeoutMs: number): Promise<void> {
    const done = this.#bounded('shutdown', 'Transient', (signal) => this.#adapter.shutdown({ signal }), { timeoutMs });
    this.#closing.abort(new AdapterError('Shutdown', `${this.name} is shut down`));
    return done;
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
    const stops = [signal, call === 'shutdown' ? undefined : this.#closing.signal];
    return new Promise<T>((resolve, reject) => {
      const stop = (reason: unknown): void => {
        finish();
        reject(reason);
        controller.abort(reason);
      };
      const onAbort = (event: Event): void => stop((event.target as AbortSignal).reason);
      const timer = this.#options.environment.after(timeoutMs, () => {
        stop(new AdapterError(onTimeout, `${this.name} ${call} did not settle within ${timeoutMs} ms`));
      });
      const finish = (): void => {
        timer.cancel();
        for (const each of stops) each?.removeEventListener('abort', onAbort);
      };
      for (const each of stops) each?.addEventListener('abort', onAbort);
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

/** What the bus may decide by: an AdapterError as it is, anything else as Fatal with its cause. */
export function asAdapterError(error: unknown, where: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AdapterError('Fatal', `${where} threw what is no AdapterError: ${message}`, { cause: error });
}
