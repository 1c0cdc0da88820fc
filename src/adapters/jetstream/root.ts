// The same adapter for the root of the package, which must load where the NATS packages are not installed: the imports
// below are left alone by bundlers. Bundled applications take `meshbus/jetstream`.
import type { AdapterFactory } from '../../adapter/contract.ts';
import type { NatsClients } from './clients.ts';
import type { JetStreamOptions } from './config.ts';
import { jetStreamFactory } from './factory.ts';

const TRANSPORT: string = '@nats-io/transport-node';
const JETSTREAM: string = '@nats-io/jetstream';

/**
 * A store in NATS JetStream for `EventBus.create`. It needs `npm install @nats-io/transport-node @nats-io/jetstream`; the
 * packages are loaded when the bus starts. An application that is bundled imports it from `meshbus/jetstream`.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the URL or an option is wrong
 */
export function jetstream(url: string | readonly string[], options: JetStreamOptions = {}): AdapterFactory {
  return jetStreamFactory(url, options, async () => ({
    transport: (await import(/* webpackIgnore: true */ /* @vite-ignore */ TRANSPORT)) as NatsClients['transport'],
    jetstream: (await import(/* webpackIgnore: true */ /* @vite-ignore */ JETSTREAM)) as NatsClients['jetstream'],
  }));
}
