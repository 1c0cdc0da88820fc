// A node of a mesh in a process of its own, which strangers attack: it answers members and tells how it is.
import { Program, type RunningProgram } from '../log/bundle.ts';

/** How the node is. */
export interface Health {
  readonly port: number;
  /** Ids of the peers that are linked. */
  readonly peers: readonly string[];
  readonly handshakes: number;
  /** Heap and buffers after a collection, in bytes. */
  readonly memoryBytes: number;
  /** Connections that it has refused so far. */
  readonly refused: number;
}

const CODE = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  import { Credentials } from './src/adapters/net/link/credentials.ts';
  import { LINK_DEFAULTS } from './src/adapters/net/link/link-settings.ts';
  import { MeshLinks } from './src/adapters/net/link/mesh-links.ts';
  import { systemEnvironment } from './src/util/environment.ts';
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const [key, id] = process.argv.slice(2);
  const settings = {
    ...LINK_DEFAULTS,
    listen: [{ host: '127.0.0.1', port: 0 }],
    credentials: Credentials.ofKeys([[id, Buffer.from(key, 'hex')]]),
    handshakeTimeoutMs: 1500,
  };
  const replication = {
    onUp() {},
    onDown() {},
    onWritable() {},
    onMessage(link, message) {
      link.release(message.length);
      link.send(message);
    },
  };
  const links = new MeshLinks(settings, { nodeId: 'victim', receives: true, durable: false }, {
    environment: systemEnvironment(),
    report: () => undefined,
    replication,
  });
  await links.start();
  setInterval(() => {
    const { links: up, listening, handshakes, refused } = links.figures();
    gc();
    const { heapUsed, external } = process.memoryUsage();
    const port = Number(listening[0].split(':')[1]);
    const peers = up.map(({ nodeId }) => nodeId);
    const count = Object.values(refused).reduce((sum, each) => sum + each, 0);
    console.log(JSON.stringify({ port, peers, handshakes, memoryBytes: heapUsed + external, refused: count }));
  }, 100);`;

export class Victim {
  readonly #program: Program;
  readonly #running: RunningProgram;
  #health: Health | undefined;
  #ended = false;

  private constructor(program: Program, running: RunningProgram) {
    this.#program = program;
    this.#running = running;
    void this.#follow();
  }

  /** A node with this key. */
  static start(key: Buffer, id = 'default'): Victim {
    const program = new Program(CODE);
    return new Victim(program, program.start([key.toString('hex'), id]));
  }

  /** How it was a tenth of a second ago; undefined before it listens. */
  get health(): Health | undefined {
    return this.#health;
  }

  /** Whether its process has ended. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  async stop(): Promise<void> {
    await this.#running.kill();
    this.#program.remove();
  }

  async #follow(): Promise<void> {
    for (let line = await this.#running.line(); line !== undefined; line = await this.#running.line()) {
      this.#health = JSON.parse(line) as Health;
    }
    this.#ended = true;
  }
}
