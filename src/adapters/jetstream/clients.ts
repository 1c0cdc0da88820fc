// The two NATS packages, loaded when an adapter opens: nobody who uses another adapter needs them.
// Hop before: the factory, which knows how to import them; hop after: the dial.
import { loadClient, type ModuleLoader } from '../../adapter/client-loader.ts';

type Transport = typeof import('@nats-io/transport-node');
type JetStream = typeof import('@nats-io/jetstream');

/** The loaded packages. */
export interface NatsClients {
  readonly transport: Pick<Transport, 'connect' | 'credsAuthenticator' | 'nkeyAuthenticator'>;
  readonly jetstream: Pick<JetStream, 'jetstreamManager'>;
}

/** How each of them is imported. */
export interface ClientLoaders {
  readonly transport: ModuleLoader;
  readonly jetstream: ModuleLoader;
}

/** Loads the packages. @throws AdapterError `Connection` that says what to install */
export async function loadClients(loaders: ClientLoaders): Promise<NatsClients> {
  const packages = '@nats-io/transport-node @nats-io/jetstream';
  const transport = (await loadClient(packages, loaders.transport)) as NatsClients['transport'];
  const jetstream = (await loadClient(packages, loaders.jetstream)) as NatsClients['jetstream'];
  return { transport, jetstream };
}
