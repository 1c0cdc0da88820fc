// What this adapter uses of the package `redis`: two versions of it may be installed, and none need be.
import { loadClient, type ModuleLoader } from '../../adapter/client-loader.ts';
import { AdapterError } from '../../errors/adapter-error.ts';

/** A part of a command. */
export type Part = string | Buffer;

/** An answer of the server; what was asked decides which. */
export type Reply = null | number | string | Buffer | Error | readonly Reply[];

/** One connection of the package. */
export interface RedisClient {
  connect(): Promise<unknown>;
  sendCommand(parts: readonly Part[], options?: { typeMapping?: Readonly<Record<number, unknown>> }): Promise<Reply>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  /** Ends the connection at once; what waits for an answer rejects. */
  destroy(): void;
  unref(): void;
  readonly isReady: boolean;
}

/** The package. */
export interface RedisModule {
  createClient(options: Readonly<Record<string, unknown>>): RedisClient;
  readonly ErrorReply: new (message?: string) => Error;
}

/** @throws AdapterError `Connection` when the package is not installed, or is none that this adapter knows */
export async function loadRedis(load: ModuleLoader): Promise<RedisModule> {
  const module = (await loadClient('redis', load)) as Partial<RedisModule> & { default?: Partial<RedisModule> };
  // A bundler may have put a CommonJS package under `default`.
  const found = typeof module.createClient === 'function' ? module : module.default;
  if (typeof found?.createClient === 'function' && typeof found.ErrorReply === 'function') return found as RedisModule;
  throw new AdapterError('Connection', 'The package redis is none that meshbus knows: npm install redis@6');
}
