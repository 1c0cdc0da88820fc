// From a URL and options to the configuration of the adapter. Invariant: everything is checked before anything is
// loaded or connected, and what it holds can't be seen from outside: it has a password.
import type { ModuleLoader } from '../../adapter/client-loader.ts';
import type { AdapterFactory } from '../../adapter/contract.ts';
import { RedisAdapter } from './adapter.ts';
import { type RedisOptions, redisSettings } from './config.ts';
import { openRedis } from './open-store.ts';

/** The configuration of an adapter whose client `load` brings. @throws ConfigError */
export function redisFactory(url: string | URL, options: RedisOptions, load: ModuleLoader): AdapterFactory {
  const settings = redisSettings(url, options);
  return Object.freeze({
    kind: 'redis',
    create: () => new RedisAdapter((context) => openRedis(settings, load, context)),
  });
}
