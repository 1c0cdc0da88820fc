// A mesh as a store of the command line: the command joins through one member, as a node of its own that lives as long as
// the command. To read, it takes over what the mesh has into its memory; to write, its events count once a member has them.
import { memory } from '../../adapters/memory/index.ts';
import { type NetConfig, type NetOptions, net } from '../../adapters/net/index.ts';
import { addressText } from '../../adapters/net/link/address.ts';
import type { Store } from '../store.ts';
import { inspectMember } from './inspect-member.ts';
import { type Env, memberOf, meshOption, secretOptions } from './net-url.ts';

/** How long the member may take to be reached and to send what it has. */
const JOIN_MS = 20_000;
/** What a reading command keeps at most; older events are a gap. */
const READ_BOUNDS = { maxEvents: 100_000_000, maxBytes: 4 * 1024 ** 3 };

/** net://host:port, with the key in the environment. @throws UsageError */
export function netStore(url: string, env: Env): Store {
  const member = memberOf(url, env);
  const node = (options: NetOptions): NetConfig => {
    const joined = { peers: addressText(member.address), joinTimeoutMs: JOIN_MS };
    return net({ ...secretOptions(env), ...meshOption(env), ...joined, ...options });
  };
  return {
    url: member.url,
    scheme: 'net',
    open: (use) =>
      use === 'write' ? node({ receive: false, confirm: 1 }) : node({ store: memory(READ_BOUNDS), listen: [] }),
    inspect: ({ signal }) => inspectMember(member, signal),
  };
}
