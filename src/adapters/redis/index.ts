// The entry `meshbus/redis`: for who has the package `redis` installed, bundlers included.
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { RedisOptions } from './config.ts';
import { redisFactory } from './redis-factory.ts';

export type { RedisOptions, RedisWait } from './config.ts';

/**
 * A store in Redis Streams: a stream a shard, which any number of buses may write and read. Needs the package `redis`.
 * A batch that is repeated is stored once. `docs/guide/redis.md` tells what a server may lose, and how to keep it from it.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the URL or an option is wrong
 *
 * @example
 * ```ts
 * import { redis } from 'meshbus/redis';
 *
 * const bus = await EventBus.create({ adapter: redis('redis://127.0.0.1:6379', { prefix: 'orders' }) });
 * bus.ingest({ hello: 'redis' });
 * await bus.flush(); // the server has it
 * await bus.shutdown();
 * ```
 */
export function redis(url: string | URL, options: RedisOptions = {}): AdapterFactory {
  return redisFactory(url, options, () => import('redis'));
}
