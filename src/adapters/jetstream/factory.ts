// From a URL and options to the configuration of an adapter; both entries make theirs here.
import type { AdapterFactory } from '../../adapter/contract.ts';
import { JetStreamAdapter } from './adapter.ts';
import type { ClientLoaders } from './clients.ts';
import { type JetStreamOptions, jetStreamSettings } from './config.ts';

/** @throws ConfigError `Invalid` with every fault */
export function jetStreamFactory(
  url: string | readonly string[],
  options: JetStreamOptions,
  load: ClientLoaders,
): AdapterFactory {
  const settings = jetStreamSettings(url, options);
  return Object.freeze({ kind: 'jetstream', create: () => new JetStreamAdapter(settings, load) });
}
