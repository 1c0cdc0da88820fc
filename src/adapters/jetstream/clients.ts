// The two NATS packages, loaded when an adapter opens: nobody who uses another adapter needs them.
// Hop before: the factory, which knows how to import them; hop after: the dial.
import { AdapterError } from '../../errors/adapter-error.ts';

/** The loaded packages. */
export interface NatsClients {
  readonly transport: Pick<
    typeof import('@nats-io/transport-node'),
    'connect' | 'credsAuthenticator' | 'nkeyAuthenticator'
  >;
  readonly jetstream: Pick<typeof import('@nats-io/jetstream'), 'jetstreamManager'>;
}

export type LoadClients = () => Promise<NatsClients>;

/** Loads the packages. @throws AdapterError `Connection` that says what to install */
export async function loadClients(load: LoadClients): Promise<NatsClients> {
  try {
    return await load();
  } catch (cause) {
    const message =
      'The jetstream adapter needs the NATS client: npm install @nats-io/transport-node @nats-io/jetstream';
    throw new AdapterError('Connection', message, { cause });
  }
}
