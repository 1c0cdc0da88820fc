// net://host:port on the command line: which member, and by which secret. Invariant: keys come from the environment or
// from a file that it names, never from a URL, and no error shows one.
import { readFileSync } from 'node:fs';
import { type Address, tryAddress } from '../../adapters/net/link/address.ts';
import { type LinkOptions, readLinkOptions } from '../../adapters/net/link/link-options.ts';
import type { LinkSettings } from '../../adapters/net/link/link-settings.ts';
import type { ConfigFault } from '../../errors/config-error.ts';
import { UsageError } from '../usage-error.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The environment of the process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A member of a mesh as the command line names it. */
export interface Member {
  /** As it was typed. */
  readonly url: string;
  readonly address: Address;
  readonly settings: LinkSettings;
}

const SECRETS =
  'set MESHBUS_PSK_FILE (a file with the key of the mesh) or MESHBUS_PSK, or for certificates MESHBUS_TLS_CERT_FILE, ' +
  'MESHBUS_TLS_KEY_FILE and MESHBUS_TLS_CA_FILE, or MESHBUS_INSECURE=1 for a mesh without encryption';

/** @throws UsageError, which shows nothing of a URL that may hold a secret */
export function memberOf(url: string, env: Env): Member {
  const address = addressOf(url);
  const faults: ConfigFault[] = [];
  const settings = readLinkOptions({ ...secretOptions(env), ...meshOption(env) }, faults);
  if (settings !== undefined) return { url, address, settings };
  const told = faults.map(({ path, expected }) => `${path.replace('net.', '')}: expected ${expected}`);
  throw new UsageError(`${told.join('; ')}. For net: ${SECRETS}`);
}

/** Options of the secret and the mesh, for whoever adds the others. @throws UsageError when a file cannot be read */
export function secretOptions(env: Env): LinkOptions {
  const [cert, key, ca] = ['CERT', 'KEY', 'CA'].map((name) => fileOf(env, `MESHBUS_TLS_${name}_FILE`));
  const tls = cert === undefined && key === undefined && ca === undefined ? {} : { tls: { cert, key, ca } };
  const psk = env.MESHBUS_PSK ?? withoutLineEnd(fileOf(env, 'MESHBUS_PSK_FILE'));
  const id = env.MESHBUS_PSK_ID;
  return {
    ...(tls as LinkOptions),
    ...(psk === undefined ? {} : { psk: id === undefined ? psk : { [id]: psk } }),
    ...(env.MESHBUS_INSECURE === '1' ? { insecure: true } : {}),
  };
}

/** The name of the mesh. */
export function meshOption(env: Env): LinkOptions {
  return env.MESHBUS_MESH === undefined ? {} : { mesh: env.MESHBUS_MESH };
}

function addressOf(url: string): Address {
  const [, text] = /^net:\/\/([^/?#@]+)\/?$/.exec(url) ?? [];
  const address = text === undefined ? undefined : tryAddress(text);
  if (address !== undefined && address.port > 0) return address;
  throw new UsageError('a member of a mesh is written net://HOST:PORT and no more; its key never stands in the URL');
}

/** Bytes, as no text stands for those of a key that is none. */
function withoutLineEnd(file: Buffer | undefined): Buffer | undefined {
  if (file?.at(-1) !== LINE_FEED) return file;
  return file.subarray(0, file.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}

function fileOf(env: Env, name: string): Buffer | undefined {
  const path = env[name];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new UsageError(`the file that ${name} names cannot be read (${code ?? 'no such file'})`, { cause });
  }
}
