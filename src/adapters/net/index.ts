// The entry `meshbus/net`: buses that reach each other without a broker.
import type { NetOptions } from './config.ts';
import { NetConfig } from './net-config.ts';

export type { NetOptions } from './config.ts';
export type { CertificateOptions, KeyMap } from './link/credentials.ts';
export type { LinkOptions } from './link/link-options.ts';
export type { NetConfig } from './net-config.ts';

/**
 * A node of a mesh for `EventBus.create`: it keeps a store of its own, replicates with every node that it is linked to, and
 * serves `poll` and `subscribe` from that store. A cursor of one node goes on at any other. A key or certificates are a
 * must. `docs/guide/mesh.md` tells the model, `docs/guide/mesh-security.md` who is kept out and who is not.
 *
 * Options may also be given step by step: `net().listen(7777).peer('10.0.0.2:7777').psk(key)`. What is wrong with them is
 * told by `EventBus.create` as ConfigError `EBUS_CONFIG_INVALID`.
 *
 * @example
 * ```ts
 * const psk = 'a key of 32 bytes or more, from a file or the environment';
 * const bus = await EventBus.create({ adapter: net({ listen: 0, psk }) });
 * bus.ingest({ hello: 'mesh' });
 * await bus.flush(); // in the store of this node
 * await bus.shutdown();
 * ```
 */
export function net(options: NetOptions = {}): NetConfig {
  return new NetConfig(options);
}
