// A real nats-server for tests: on a free port, with a directory of its own, which ends with the test. It can be killed in
// the middle of one and started again on the same port and directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface NatsServerOptions {
  /** Lines of the configuration beside `listen` and `jetstream`. */
  readonly config?: string | undefined;
  /** Without JetStream. */
  readonly plain?: boolean | undefined;
  /** Lines within `jetstream { ... }`. */
  readonly jetstream?: string | undefined;
  /** It says nothing before TLS has begun. */
  readonly isSilent?: boolean | undefined;
}

const START_MS = 20_000;

export class NatsServer {
  readonly port: number;
  readonly folder: string;
  #options: NatsServerOptions;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: NatsServerOptions) {
    this.port = port;
    this.folder = folder;
    this.#options = options;
  }

  /** A server that takes connections. @throws Error when `nats-server` is not installed, or does not start */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), mkdtempSync(join(tmpdir(), 'meshbus-nats-')), options);
    try {
      await server.up();
      return server;
    } catch (error) {
      await server.dispose();
      throw error;
    }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Of the running server, for a process that ends it by itself. */
  get processId(): number {
    const id = this.#process?.pid;
    if (id === undefined) throw new Error('nats-server does not run');
    return id;
  }

  /** What the server has logged so far, over all its lives. */
  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /** Starts it again, with the same options or others. */
  async up(options = this.#options): Promise<void> {
    this.#options = options;
    const config = join(this.folder, 'nats.conf');
    writeFileSync(config, configText(this.port, this.folder, options));
    const child = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
    this.#process = child;
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (cause) => reject(new Error('nats-server is not installed', { cause })));
      child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}; see ${this.folder}/log`)));
    });
    // Nobody waits for it any more once the server is up.
    failed.catch(() => undefined);
    await Promise.race([answers(this.port, options.isSilent === true), failed]);
  }

  /** Ends it like a power failure of the process: nothing is tidied up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Kills it and removes its directory. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill(signal);
    });
  }
}

function configText(
  port: number,
  folder: string,
  { config = '', jetstream = '', plain = false }: NatsServerOptions,
): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    `log_file: ${JSON.stringify(join(folder, 'log'))}`,
    plain ? '' : `jetstream { store_dir: ${JSON.stringify(join(folder, 'data'))}\n${jetstream}\n}`,
    config,
  ].join('\n');
}

/** Resolves when a server greets at the port. */
async function answers(port: number, isSilent: boolean): Promise<void> {
  const start = performance.now();
  while (!(await greets(port, isSilent))) {
    if (performance.now() - start > START_MS) throw new Error(`nats-server did not start within ${START_MS} ms`);
  }
}

/** Whether a server greets; one that is silent until TLS has begun only takes the connection. */
function greets(port: number, isSilent: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (greeted: boolean): void => {
      socket.destroy();
      // A refusal is at once: let the server have the processor.
      if (greeted) resolve(true);
      else setTimeout(() => resolve(false), 20);
    };
    if (isSilent) socket.once('connect', () => settle(true));
    socket.once('data', (chunk) => settle(chunk.toString('latin1', 0, 4) === 'INFO'));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
