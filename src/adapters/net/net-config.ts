// The configuration of a node, step by step or at once. Invariant: each step makes a new configuration; what it holds can't
// be seen from outside, since it has keys; faults are told together when a bus is made from it.
import type { Adapter, AdapterFactory } from '../../adapter/contract.ts';
import { ConfigError, type ConfigFault } from '../../errors/config-error.ts';
import { type StoreSource, storeSourceOf } from '../../frame-store/store-source.ts';
import { memory } from '../memory/index.ts';
import { NetAdapter } from './adapter.ts';
import { type NetOptions, readNetOptions } from './config.ts';
import type { CertificateOptions, KeyMap } from './link/credentials.ts';

type Listed<T> = T | readonly T[] | undefined;

/** A node of a mesh for `EventBus.create`, as `net()` and `AdapterConfig.net()` make it. */
export class NetConfig implements AdapterFactory {
  readonly kind = 'net';
  readonly #options: NetOptions;
  /** What an unset `store` stands for; it lives as long as this configuration. */
  #memory: StoreSource | undefined;

  constructor(options: NetOptions) {
    this.#options = options;
    Object.freeze(this);
  }

  /** Listens on these addresses, too: `host:port`, or a port alone for loopback. */
  listen(...addresses: readonly (string | number)[]): NetConfig {
    return this.#with({ listen: [...listed(this.#options.listen), ...addresses] });
  }

  /** What others are told to dial. */
  advertise(...addresses: readonly string[]): NetConfig {
    return this.#with({ advertise: [...listed(this.#options.advertise), ...addresses] });
  }

  /** Dials these members, too: `host:port`. */
  peer(...addresses: readonly string[]): NetConfig {
    return this.#with({ peers: [...listed(this.#options.peers), ...addresses] });
  }

  /** The key of the mesh, 32 bytes or more, or several by their ids. */
  psk(key: string | Uint8Array | KeyMap): NetConfig {
    return this.#with({ psk: key });
  }

  /** Mutual certificates instead of a key. */
  tls(certificates: CertificateOptions): NetConfig {
    return this.#with({ tls: certificates });
  }

  /** The name of the mesh. */
  mesh(name: string): NetConfig {
    return this.#with({ mesh: name });
  }

  /** Where the node keeps its streams: `memory()` or `log(folder)`. */
  store(store: AdapterFactory): NetConfig {
    return this.#with({ store });
  }

  /** How many other nodes must have a batch before it counts as dispatched. */
  confirm(nodes: 'local' | number): NetConfig {
    return this.#with({ confirm: nodes });
  }

  /** What is wrong with it. */
  check(): readonly ConfigFault[] {
    const faults: ConfigFault[] = [];
    readNetOptions(this.#options, faults);
    return faults;
  }

  /** @throws ConfigError `EBUS_CONFIG_INVALID` with every fault */
  create(): Adapter {
    const faults: ConfigFault[] = [];
    const settings = readNetOptions(this.#options, faults);
    if (settings === undefined) throw ConfigError.ofFaults(faults);
    return new NetAdapter(settings, settings.store ?? this.#ownMemory());
  }

  #with(options: NetOptions): NetConfig {
    return new NetConfig({ ...this.#options, ...options });
  }

  #ownMemory(): StoreSource {
    this.#memory ??= storeSourceOf(memory()) as StoreSource;
    return this.#memory;
  }
}

function listed<T>(value: Listed<T>): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
