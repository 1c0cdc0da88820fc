// What a runtime lacks. Bun and Deno run most of node:tls and never call `pskCallback`: a pre-shared key would be ignored.
import { ConfigError } from '../../../errors/config-error.ts';
import type { Credentials } from './credentials.ts';

/** @throws ConfigError EBUS_CONFIG_RUNTIME where a pre-shared key does nothing */
export function checkRuntime(
  credentials: Credentials,
  versions: { readonly [name: string]: string | undefined } = process.versions,
): void {
  const other = versions.bun !== undefined ? 'Bun' : versions.deno !== undefined ? 'Deno' : undefined;
  if (other === undefined || credentials.kind !== 'psk') return;
  throw new ConfigError(
    'Runtime',
    `net.psk does not work on ${other}, whose TLS has no pre-shared keys: use net.tls with certificates there, or Node.`,
  );
}
