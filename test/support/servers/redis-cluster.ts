// A real Redis Cluster of three masters, each a redis-server of its own, that share the slots.
import { createClient } from 'redis';
import { freePort } from './free-port.ts';
import { RedisServer } from './redis-server.ts';

const SLOTS = 16_384;
const NODES = 3;

export class RedisCluster {
  readonly servers: RedisServer[] = [];
  readonly #peerPorts: string[] = [];

  private constructor() {}

  /** Started, with all slots served. */
  static async start(): Promise<RedisCluster> {
    const cluster = new RedisCluster();
    try {
      for (let nth = 0; nth < NODES; nth += 1) await cluster.#add();
      await cluster.#join();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get url(): string {
    return `${(this.servers[0] as RedisServer).url}?cluster=true`;
  }

  /** Sends a command to one node. */
  async command(nth: number, parts: readonly string[]): Promise<unknown> {
    const client = createClient({ url: (this.servers[nth] as RedisServer).url });
    await client.connect();
    try {
      return await client.sendCommand([...parts]);
    } finally {
      client.destroy();
    }
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }

  /** The port for its peers is by default 10,000 higher, which need not be free or be a port at all. */
  async #add(): Promise<void> {
    const peerPort = String(await freePort());
    const config = { 'cluster-enabled': 'yes', 'cluster-port': peerPort, 'cluster-node-timeout': '2000' };
    this.#peerPorts.push(peerPort);
    this.servers.push(await RedisServer.start(config));
  }

  async #join(): Promise<void> {
    const share = Math.ceil(SLOTS / NODES);
    for (const [nth, { port }] of this.servers.entries()) {
      await this.command(nth, [
        'CLUSTER',
        'ADDSLOTSRANGE',
        String(nth * share),
        String(Math.min(SLOTS, (nth + 1) * share) - 1),
      ]);
      for (let other = 0; other < nth; other += 1) {
        await this.command(other, ['CLUSTER', 'MEET', '127.0.0.1', String(port), this.#peerPorts[nth] as string]);
      }
    }
    for (const nth of this.servers.keys()) {
      for (let ready = false; !ready; ) {
        const info = String(await this.command(nth, ['CLUSTER', 'INFO']));
        ready = info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`);
      }
    }
  }
}
