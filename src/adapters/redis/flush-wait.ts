// What `flush` does besides waiting for answers: asks whether the server still has what it acknowledged, and waits for
// its replicas and its disk where that is configured. Before it: opened-redis.ts.
import { setTimeout } from 'node:timers';
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

export interface FlushOptions {
  readonly keys: Keys;
  readonly wait: Wait | undefined;
  readonly signal: AbortSignal;
}

/** A pause before a server that is not to be had is asked again. */
const PAUSE_MS = 50;

/** Resolves when the shards of one server are as durable as configured; asks until the signal aborts. @throws AdapterError */
export async function flushShards(
  to: Connection,
  writers: readonly ShardWriter[],
  options: FlushOptions,
): Promise<void> {
  const { signal, wait } = options;
  for (;;) {
    try {
      const missing = await flushOnce(to, writers, options);
      if (missing === undefined) return;
      throw new AdapterError('Transient', `Flushing ${to.name}: ${missing} after ${wait?.timeoutMs} ms.`);
    } catch (error) {
      const lost = error instanceof AdapterError && error.kind === 'Transient' && error.cause !== undefined;
      if (!lost || signal.aborted) throw error;
    }
    await pause(PAUSE_MS);
    signal.throwIfAborted();
  }
}

/** What is missing, in words. */
async function flushOnce(
  to: Connection,
  writers: readonly ShardWriter[],
  { keys, signal, wait }: FlushOptions,
): Promise<string | undefined> {
  const commands: (readonly Part[])[] = writers.map(({ shard }) => endCommand(keys.end(shard)));
  const [first] = writers;
  if (wait !== undefined && first !== undefined) {
    // WAIT counts from the last write of its connection, and this may be a new one: so it writes behind all batches.
    commands.push(['SET', keys.flushed(first.shard), '1', 'PX', '60000'], waitCommand(wait));
  }
  const replies = await to.sendAll(commands, { what: 'Flushing', signal, waitsMs: wait?.timeoutMs ?? 0 });
  for (const [nth, { end, shard }] of writers.entries()) {
    const found = endOf(replies[nth]);
    if (found !== undefined && compareIds(found, end) >= 0) continue;
    const reach = found === undefined ? 'nothing' : idText(found);
    const message = `The server has forgotten events of shard ${shard} that it had acknowledged: it reaches to ${reach}, and had reached to ${idText(end)}.`;
    throw new AdapterError('Fatal', message);
  }
  return wait === undefined ? undefined : missingOf(replies.at(-1), wait);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
