// What a server is: its version, whether it is a cluster's, and the longest command that it takes. What the user may
// not ask is left open.
import type { Connection } from './connection.ts';

export interface ServerFacts {
  /** Such as [7, 0]; undefined when the user may not ask. */
  readonly version: readonly [number, number] | undefined;
  readonly cluster: boolean | undefined;
  /** The most bytes of one argument. */
  readonly argumentBytes: number;
}

const DEFAULT_ARGUMENT_BYTES = 512 * 1024 * 1024;
/** Room for the rest of a command beside its longest argument. */
const COMMAND_BYTES = 65_536;

export async function readFacts(connection: Connection): Promise<ServerFacts> {
  const info = await connection.sendIfAllowed(['INFO', 'server'], 'INFO');
  const text = typeof info === 'string' ? info : '';
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(text);
  // Valkey calls it by the second name.
  const mode = /^(?:redis|server)_mode:(\w+)/m.exec(text)?.[1];
  const bulk = await configured(connection, 'proto-max-bulk-len', DEFAULT_ARGUMENT_BYTES);
  const query = await configured(connection, 'client-query-buffer-limit', 2 * DEFAULT_ARGUMENT_BYTES);
  return {
    version: version === null ? undefined : [Number(version[1]), Number(version[2])],
    cluster: mode === undefined ? undefined : mode === 'cluster',
    argumentBytes: Math.min(bulk, query - COMMAND_BYTES),
  };
}

/** Whether a server is known to be older than a version. */
export function isOlder({ version }: ServerFacts, major: number, minor: number): boolean {
  if (version === undefined) return false;
  return version[0] < major || (version[0] === major && version[1] < minor);
}

async function configured(connection: Connection, name: string, fallback: number): Promise<number> {
  const reply = await connection.sendIfAllowed(['CONFIG', 'GET', name], 'CONFIG GET');
  const value = Array.isArray(reply) ? Number(reply[1]) : Number.NaN;
  return Number.isSafeInteger(value) && value > COMMAND_BYTES ? value : fallback;
}
