// The same adapter for the root of the package, which must load where the NATS packages are not installed: bundlers leave
// its imports alone. Bundled applications take `meshbus/jetstream`.
import { unbundled } from '../../adapter/client-loader.ts';
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { JetStreamOptions } from './config.ts';
import { jetStreamFactory } from './factory.ts';

/**
 * A store in NATS JetStream for `EventBus.create`. It needs `npm install @nats-io/transport-node @nats-io/jetstream`; the
 * packages are loaded when the bus starts. An application that is bundled imports it from `meshbus/jetstream`.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the URL or an option is wrong
 */
export function jetstream(url: string | readonly string[], options: JetStreamOptions = {}): AdapterFactory {
  return jetStreamFactory(url, options, {
    transport: unbundled('@nats-io/transport-node'),
    jetstream: unbundled('@nats-io/jetstream'),
  });
}
