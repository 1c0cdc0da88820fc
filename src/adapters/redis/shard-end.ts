// How far a shard reaches: the id of its newest entry and the newest stamp, which the script keeps in a stream of one
// entry. Where that was evicted, the stream of the shard itself tells.
import type { Reply } from './client.ts';
import type { Connection } from './connection.ts';
import { type EntryId, parseId } from './entry-id.ts';

export interface ShardEnd extends EntryId {
  /** Nanoseconds since the Unix epoch; 0 when it is not known. */
  readonly stampNs: bigint;
}

/** The command whose answer `endOf` reads. */
export function endCommand(key: string): readonly string[] {
  return ['XREVRANGE', key, '+', '-', 'COUNT', '1'];
}

/** Undefined where nothing was written, or what tells of it is gone. */
export function endOf(reply: Reply | undefined): ShardEnd | undefined {
  const [entry] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  const [id, fields] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
  const parsed = id === undefined ? undefined : parseId(String(id));
  const stamp = Array.isArray(fields) && /^\d{1,20}$/.test(String(fields[1])) ? BigInt(String(fields[1])) : 0n;
  return parsed === undefined ? undefined : { ...parsed, stampNs: stamp };
}

/** The last id of a stream, whether its entry is there or not; undefined when there is no stream. */
export async function lastIdOf(from: Connection, stream: string): Promise<ShardEnd | undefined> {
  // EXISTS first: XINFO of what is not there is an error.
  const what = `Reading ${stream}`;
  if ((await from.send(['EXISTS', stream], { what, again: true })) !== 1) return undefined;
  const facts = await from.send(['XINFO', 'STREAM', stream], { what, again: true });
  const list = Array.isArray(facts) ? (facts as readonly unknown[]) : [];
  const parsed = parseId(String(list[list.indexOf('last-generated-id') + 1]));
  return parsed === undefined ? undefined : { ...parsed, stampNs: 0n };
}
