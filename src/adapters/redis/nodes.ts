// The servers of a store: one, or the masters of a cluster, each with a connection for writing, one for reading, and
// those that wait for news. Invariant: on a cluster the map of the slots is asked for anew after every failure.
import { addressText, type ServerAddress } from '../../adapter/server-address.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { Connection, type ConnectionSetup } from './connection.ts';
import { type SlotRange, slotOf, slotRanges } from './slots.ts';

/** What a connection is for; blocking reads have one for each group of keys. */
export type Purpose = 'write' | 'read' | `wait:${string}`;

export class Nodes {
  readonly cluster: boolean;
  readonly #setup: ConnectionSetup;
  readonly #prefix: string;
  readonly #connections = new Map<string, Connection>();
  #ranges: readonly SlotRange[] = [];
  #asking: Promise<void> | undefined;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
    this.cluster = setup.settings.cluster;
    this.#prefix = setup.settings.prefix;
  }

  /** The connection to the node of a shard, or of what belongs to no shard. @throws AdapterError */
  async connection(purpose: Purpose, shard?: number): Promise<Connection> {
    return this.#to(purpose, this.cluster ? await this.#addressOf(shard) : this.#setup.settings.address);
  }

  /** The connection to the configured server, whether or not it keeps any shard. */
  first(purpose: Purpose): Connection {
    return this.#to(purpose, this.#setup.settings.address);
  }

  /** One connection to every server. @throws AdapterError */
  async all(purpose: Purpose): Promise<readonly Connection[]> {
    if (!this.cluster) return [await this.connection(purpose)];
    if (this.#ranges.length === 0) await this.#ask();
    const addresses = new Map(this.#ranges.map((range) => [addressText(range), range]));
    return [...addresses.values()].map((address) => this.#to(purpose, address));
  }

  /** Calls with the connection; a failure makes the map of a cluster be asked for anew. @throws AdapterError */
  async with<T>(purpose: Purpose, shard: number | undefined, call: (to: Connection) => Promise<T>): Promise<T> {
    try {
      return await call(await this.connection(purpose, shard));
    } catch (error) {
      if (!this.cluster || purpose !== 'read' || !(error instanceof AdapterError) || error.kind !== 'Transient') {
        this.#ranges = [];
        throw error;
      }
    }
    // A read may be done again at once: the shard may have moved.
    this.#ranges = [];
    return call(await this.connection(purpose, shard));
  }

  /** The map of a cluster is asked for anew. */
  doubt(): void {
    this.#ranges = [];
  }

  close(): void {
    for (const each of this.#connections.values()) each.close();
  }

  async #addressOf(shard: number | undefined): Promise<ServerAddress> {
    if (this.#ranges.length === 0) await this.#ask();
    const slot = slotOf(shard === undefined ? this.#prefix : `${this.#prefix}:${shard}`);
    const range = this.#ranges.find(({ from, to }) => from <= slot && slot <= to);
    if (range !== undefined) return range;
    this.#ranges = [];
    throw new AdapterError('Transient', `No node of the cluster keeps the slot ${slot} now.`);
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#askAny().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The configured node first, then all that were ever met. */
  async #askAny(): Promise<void> {
    const { address } = this.#setup.settings;
    const asked: Connection[] = [this.#to('read', address), ...this.#connections.values()];
    let failure: unknown;
    for (const connection of new Set(asked)) {
      try {
        const reply = await connection.send(['CLUSTER', 'SLOTS'], { what: 'CLUSTER SLOTS', again: true });
        const ranges = slotRanges(reply, connection.address.host);
        if (ranges.length > 0) {
          this.#ranges = ranges;
          return;
        }
        failure ??= new AdapterError('Transient', 'The cluster has no slots yet.');
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  #to(purpose: Purpose, address: ServerAddress): Connection {
    const name = `${purpose} ${addressText(address)}`;
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = new Connection(this.#setup, address);
      this.#connections.set(name, connection);
    }
    return connection;
  }
}
