// Loads the client library of a broker when it is first used. Invariant: loading this package needs no client, and no
// bundler follows a specifier that is handed over here.
import { AdapterError } from '../errors/adapter-error.ts';

/** Loads a module. */
export type ModuleLoader = () => Promise<unknown>;

/** Loads a package by its name at run time; bundlers leave the import as it is. */
export function unbundled(specifier: string): ModuleLoader {
  return () => import(/* webpackIgnore: true */ /* @vite-ignore */ specifier);
}

/** The module. @throws AdapterError `Connection` that says what to install when it is not there */
export async function loadClient(packages: string, load: ModuleLoader): Promise<unknown> {
  try {
    return await load();
  } catch (cause) {
    const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const message = missing
      ? `The client is not installed: npm install ${packages}`
      : `The client (${packages}) could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new AdapterError('Connection', message, { cause });
  }
}
