// The same adapter for the root of the package, which loads where the client is not installed: no bundler follows this.
import { unbundled } from '../../adapter/client-loader.ts';
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { RedisOptions } from './config.ts';
import { redisFactory } from './redis-factory.ts';

const CLIENT = 'redis';

/**
 * A store in Redis Streams, as `redis` of `meshbus/redis` makes it. It loads the package `redis` when the bus starts; an
 * application that is bundled into one file imports `meshbus/redis` instead, so that the client is bundled, too.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the URL or an option is wrong
 *
 * @example
 * ```ts
 * const bus = await EventBus.create({ adapter: AdapterConfig.redis('redis://127.0.0.1:6379') });
 * bus.ingest({ hello: 'redis' });
 * await bus.shutdown();
 * ```
 */
export function redis(url: string | URL, options: RedisOptions = {}): AdapterFactory {
  return redisFactory(url, options, unbundled(CLIENT));
}
