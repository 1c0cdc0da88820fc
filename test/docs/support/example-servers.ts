// The servers that examples speak of: each is started when the first example wants it, and takes the place of the
// address that the example has. The rest of an address, a prefix say, stays.

import { jetstream } from '../../../src/adapters/jetstream/index.ts';
import { redis } from '../../../src/adapters/redis/index.ts';
import { AdapterConfig } from '../../../src/index.ts';
import { NatsServer } from '../../support/servers/nats-server.ts';
import { RedisServer } from '../../support/servers/redis-server.ts';

export class ExampleServers {
  #redis: Promise<RedisServer> | undefined;
  #nats: Promise<NatsServer> | undefined;

  /** `redis` and `jetstream` for an example, as far as it names them. */
  async scopeFor(code: string): Promise<Record<string, unknown>> {
    const scope: Record<string, unknown> = {};
    if (/\bredis\(/.test(code)) {
      this.#redis ??= RedisServer.start();
      const { url } = await this.#redis;
      scope.redis = (given: string, options?: object) => redis(at(url, given), options);
    }
    if (/\bjetstream\(/.test(code)) {
      this.#nats ??= NatsServer.start();
      const { url } = await this.#nats;
      scope.jetstream = (given: string, options?: object) => jetstream(at(url, given), options);
    }
    return { ...scope, AdapterConfig: { ...AdapterConfig, ...scope } };
  }

  async stop(): Promise<void> {
    await (await this.#redis)?.stop();
    await (await this.#nats)?.dispose();
  }
}

/** The running server in place of scheme, user and host. */
function at(url: string, given: string): string {
  return url + given.replace(/^[a-z]+:\/\/[^/]*/, '');
}
