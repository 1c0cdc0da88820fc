// A real JetStream cluster of three nats-servers on free ports, each with a directory of its own. Every server can be
// killed and started again. Invariant: once started, the cluster has a leader and places streams of three replicas.
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort } from './free-port.ts';
import { NatsServer } from './nats-server.ts';

const SERVERS = 3;
const ANSWER_MS = 40_000;
const REQUEST_MS = 1000;

export class NatsCluster {
  readonly servers: NatsServer[] = [];
  readonly #peerPorts: readonly number[];

  private constructor(peerPorts: readonly number[]) {
    this.#peerPorts = peerPorts;
  }

  /** Started, with a leader. */
  static async start(): Promise<NatsCluster> {
    const cluster = new NatsCluster(await Promise.all(Array.from({ length: SERVERS }, freePort)));
    try {
      for (const [nth, port] of cluster.#peerPorts.entries()) {
        cluster.servers.push(await NatsServer.start({ config: configText(nth, port, cluster.#peerPorts) }));
      }
      await cluster.#ready();
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  /** Of all servers. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Starts a server that was killed or isolated; resolves when it is a member again. */
  async restart(server: NatsServer): Promise<void> {
    const nth = this.servers.indexOf(server);
    await server.kill();
    await server.up({ config: configText(nth, this.#peerPorts[nth] as number, this.#peerPorts) });
    await this.#ready();
  }

  /** Starts a server again that does not find the others: it greets, and knows of no leader. */
  async isolate(server: NatsServer, peerPort: number): Promise<void> {
    await server.kill();
    await server.up({ config: configText(this.servers.indexOf(server), peerPort, [await freePort()]) });
  }

  /** The server that leads a stream. */
  leaderOf(stream: string): Promise<NatsServer> {
    return this.ask(async (manager) => this.#named((await manager.streams.info(stream)).cluster?.leader));
  }

  /** The server on which the only consumer of a stream lives. */
  consumerHost(stream: string): Promise<NatsServer> {
    return this.ask(async (manager) => {
      const [info, ...more] = await manager.consumers.list(stream).next();
      if (info === undefined || more.length > 0) throw new Error(`"${stream}" has no consumer, or several`);
      return this.#named(info.cluster?.leader);
    });
  }

  /** Asks the servers, in turn and again until one answers. */
  async ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let nth = 0; ; nth += 1) {
      try {
        return await askOne((this.servers[nth % SERVERS] as NatsServer).url, question);
      } catch (error) {
        // One is down, or an election lasts some seconds.
        if (performance.now() - start > ANSWER_MS) throw error;
      }
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((each) => each.dispose()));
  }

  async #ready(): Promise<void> {
    await this.ask(async (manager) => {
      await manager.streams.add({ name: 'ready', subjects: ['ready'], num_replicas: SERVERS, storage: 'memory' });
      await manager.streams.delete('ready');
    });
  }

  #named(name: string | undefined): NatsServer {
    const server = this.servers.find((_, nth) => nameOf(nth) === name);
    if (server === undefined) throw new Error('there is no leader');
    return server;
  }
}

async function askOne<T>(url: string, question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const nats = await connect({ servers: url, reconnect: false });
  try {
    return await question(await jetstreamManager(nats, { checkAPI: false, timeout: REQUEST_MS }));
  } finally {
    await nats.close();
  }
}

function nameOf(nth: number): string {
  return `n${nth}`;
}

function configText(nth: number, peerPort: number, peerPorts: readonly number[]): string {
  const routes = JSON.stringify(peerPorts.map((port) => `nats://127.0.0.1:${port}`));
  return `server_name: ${nameOf(nth)}
    cluster { name: test, listen: "127.0.0.1:${peerPort}", routes: ${routes} }`;
}
