// What `flush` does besides waiting for answers: asks whether the server still has what it acknowledged, and waits for
// its replicas and its disk where that is configured. Before it: opened-redis.ts.
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Part, Reply } from './client.ts';
import type { RedisSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { compareIds, idText } from './entry-id.ts';
import type { Keys } from './keys.ts';
import { endCommand, endOf } from './shard-end.ts';
import type { ShardWriter } from './shard-writer.ts';

type Wait = NonNullable<RedisSettings['wait']>;

/** The command that waits, on the connection that wrote. */
export function waitCommand({ fsync, replicas, timeoutMs }: Wait): readonly string[] {
  return fsync ? ['WAITAOF', '1', String(replicas), String(timeoutMs)] : ['WAIT', String(replicas), String(timeoutMs)];
}

/** What is missing of what was waited for, in words; undefined when nothing is. */
export function missingOf(reply: Reply | undefined, { fsync, replicas }: Wait): string | undefined {
  const [local, remote] = fsync ? (Array.isArray(reply) ? (reply as readonly Reply[]) : []) : [1, reply ?? 0];
  if (Number(local) < 1) return 'the server has it on disk not yet';
  if (Number(remote) >= replicas) return undefined;
  return `${Number(remote)} of ${replicas} replicas have it${fsync ? ' on disk' : ''}`;
}

/** Resolves when the shards of one server are as durable as configured. @throws AdapterError */
export async function flushShards(
  to: Connection,
  writers: readonly ShardWriter[],
  { keys, wait, signal }: { readonly keys: Keys; readonly wait: Wait | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const commands: (readonly Part[])[] = writers.map(({ shard }) => endCommand(keys.end(shard)));
  const [first] = writers;
  if (wait !== undefined && first !== undefined) {
    // WAIT counts from the last write of its connection, and this may be a new one: so it writes behind all batches.
    commands.push(['SET', keys.flushed(first.shard), '1', 'PX', '60000'], waitCommand(wait));
  }
  const options = { what: 'Flushing', signal, waitsMs: wait?.timeoutMs ?? 0 };
  const replies = await to.sendAll(commands, options);
  for (const [nth, { end, shard }] of writers.entries()) {
    const found = endOf(replies[nth]);
    if (found !== undefined && compareIds(found, end) >= 0) continue;
    const message = `The server has forgotten events of shard ${shard} that it had acknowledged: it reaches to ${found === undefined ? 'nothing' : idText(found)}, and had reached to ${idText(end)}.`;
    throw new AdapterError('Fatal', message);
  }
  const missing = wait === undefined ? undefined : missingOf(replies.at(-1), wait);
  if (missing !== undefined)
    throw new AdapterError('Transient', `Flushing ${to.name}: ${missing} after ${wait?.timeoutMs} ms.`);
}
