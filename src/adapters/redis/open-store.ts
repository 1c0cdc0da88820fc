// Opens a store: loads the client, makes the first connection, finds the name of the store or makes it.
// Invariant: a start that fails leaves no connection behind.
import { randomBytes } from 'node:crypto';
import type { ModuleLoader } from '../../adapter/client-loader.ts';
import type { AdapterContext, StoreInfo } from '../../adapter/contract.ts';
import { addressText } from '../../adapter/server-address.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { loadRedis } from './client.ts';
import type { RedisSettings } from './config.ts';
import { Keys } from './keys.ts';
import { Nodes } from './nodes.ts';
import { OpenedRedis } from './opened-redis.ts';
import { mostRowBytes } from './row-encoder.ts';
import { isOlder, readFacts, type ServerFacts } from './server-facts.ts';
import { ShardList } from './shard-list.ts';

/** Key and headers as JSON, stamp, id and hash of one event, at their longest. */
const LONGEST_META_BYTES = 65_535 * 6 + 1024;

/** @throws AdapterError */
export async function openRedis(
  settings: RedisSettings,
  load: ModuleLoader,
  context: AdapterContext,
): Promise<OpenedRedis> {
  const module = await loadRedis(load);
  const phase = { starting: true };
  const nodes = new Nodes({ module, settings, phase });
  try {
    const keys = new Keys(settings.prefix);
    const purpose = settings.readOnly ? 'read' : 'write';
    // The configured address, also on a cluster: its answer tells what it is.
    const facts = await readFacts(nodes.first(purpose));
    checkFacts(facts, settings);
    const storeId = await nodes.with(purpose, undefined, (to) => nameOf(to, keys, settings));
    const list = new ShardList(keys, nodes);
    const info: StoreInfo = { storeId, ...limitsOf(facts), ...(await newestStamp(list)) };
    phase.starting = false;
    return new OpenedRedis({ settings, nodes, keys, context, info, list });
  } catch (error) {
    nodes.close();
    throw error;
  }
}

type To = Parameters<Parameters<Nodes['with']>[2]>[0];

async function nameOf(to: To, keys: Keys, { address, prefix, readOnly }: RedisSettings): Promise<string> {
  const options = { what: 'Reading the name of the store' };
  if (!readOnly) await to.send(['SET', keys.store, randomBytes(16).toString('hex'), 'NX'], options);
  const name = await to.send(['GET', keys.store], options);
  if (typeof name === 'string' && name.length >= 1 && name.length <= 128) return name;
  const where = `${addressText(address)} with the prefix ${JSON.stringify(prefix)}`;
  throw new AdapterError('Connection', `There is no store at ${where} yet: whoever writes first makes it.`);
}

function checkFacts(facts: ServerFacts, { cluster, maxAgeMs, wait }: RedisSettings): void {
  const refuse = (why: string): never => {
    throw new AdapterError('Connection', why);
  };
  if (facts.cluster === true && !cluster) refuse('The server is a node of a Redis Cluster: set cluster to true.');
  if (facts.cluster === false && cluster) refuse('The server is no node of a Redis Cluster: leave cluster out.');
  if (isOlder(facts, 5, 0)) refuse('The server has no streams: Redis 5.0 or later is needed.');
  if (maxAgeMs > 0 && isOlder(facts, 6, 2)) refuse('maxAgeMs needs Redis 6.2 or later; the server is older.');
  if (wait?.fsync && isOlder(facts, 7, 2)) refuse('wait.fsync needs WAITAOF of Redis 7.2; the server is older.');
}

function limitsOf({ argumentBytes }: ServerFacts): Pick<StoreInfo, 'maxEventBytes' | 'maxBatchBytes'> {
  return {
    maxEventBytes: Math.max(1, argumentBytes - LONGEST_META_BYTES),
    maxBatchBytes: Math.max(1, Math.floor(argumentBytes / mostRowBytes(1))),
  };
}

async function newestStamp(list: ShardList): Promise<Pick<StoreInfo, 'lastTimestampNs'>> {
  let newest = 0n;
  for (const { newestTimestampNs = 0n } of await list.all()) if (newestTimestampNs > newest) newest = newestTimestampNs;
  return newest === 0n ? {} : { lastTimestampNs: newest };
}
