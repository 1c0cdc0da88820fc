// The entry `meshbus/jetstream`. It names the NATS packages literally, so that a bundler packs them.
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { JetStreamOptions } from './config.ts';
import { jetStreamFactory } from './factory.ts';

export type { JetStreamOptions, JetStreamTls } from './config.ts';

/**
 * A store in NATS JetStream for `EventBus.create`, on `@nats-io/transport-node` and `@nats-io/jetstream`, which are loaded
 * when the bus starts. `url` is `nats://host:port`, `tls://host:port`, or several of one cluster; it may hold a user and a
 * password or a token, and end with `/prefix`. `docs/guide/jetstream.md` tells what is stored, and where exactness ends.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the URL or an option is wrong
 */
export function jetstream(url: string | readonly string[], options: JetStreamOptions = {}): AdapterFactory {
  return jetStreamFactory(url, options, {
    transport: () => import('@nats-io/transport-node'),
    jetstream: () => import('@nats-io/jetstream'),
  });
}
