// A real JetStream cluster of three nats-servers on free ports, each with a directory of its own. Every server can be
// killed and started again. Invariant: once started, the cluster has a leader and places streams of three replicas.
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { within } from '../../../src/testing/index.ts';
import { freePort } from './free-port.ts';
import { NatsServer } from './nats-server.ts';

const SERVERS = 3;
const READY_MS = 30_000;
const REQUEST_MS = 1000;

export class NatsCluster {
  readonly servers: NatsServer[] = [];

  private constructor() {}

  /** Started, with a leader. */
  static async start(): Promise<NatsCluster> {
    const cluster = new NatsCluster();
    const peerPorts = await Promise.all(Array.from({ length: SERVERS }, freePort));
    const routes = peerPorts.map((port) => `nats://127.0.0.1:${port}`);
    try {
      for (const [nth, port] of peerPorts.entries()) {
        const config = `server_name: ${nameOf(nth)}
          cluster { name: test, listen: "127.0.0.1:${port}", routes: ${JSON.stringify(routes)} }`;
        cluster.servers.push(await NatsServer.start({ config }));
      }
      await cluster.ready();
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

  /** Resolves when a stream of three replicas can be made. */
  async ready(): Promise<void> {
    await within(
      READY_MS,
      this.ask(async (manager) => {
        await manager.streams.add({ name: 'ready', subjects: ['ready'], num_replicas: SERVERS, storage: 'memory' });
        await manager.streams.delete('ready');
      }),
    );
  }

  /** The server that leads a stream. */
  async leaderOf(stream: string): Promise<NatsServer> {
    return this.ask(async (manager) => {
      const { cluster } = await manager.streams.info(stream);
      const leader = this.servers.find((_, nth) => nameOf(nth) === cluster?.leader);
      if (leader === undefined) throw new Error(`"${stream}" has no leader`);
      return leader;
    });
  }

  /** Asks one of the running servers, again until it answers. */
  async ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const nats = await connect({ servers: this.urls });
    try {
      const manager = await jetstreamManager(nats, { checkAPI: false, timeout: REQUEST_MS });
      return await answered(() => question(manager));
    } finally {
      await nats.close();
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((each) => each.dispose()));
  }
}

function nameOf(nth: number): string {
  return `n${nth}`;
}

/** What a question is answered with, once nothing refuses it any more. */
async function answered<T>(question: () => Promise<T>): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return await question();
    } catch (error) {
      // Elections take some seconds.
      if (performance.now() - start > READY_MS) throw error;
    }
  }
}
