// A real redis-server for tests: on a free port, with a folder of its own, killed and started again at will.
// Invariant: after `stop` neither the process nor the folder is there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const START_MS = 20_000;

/** Lines of its configuration: `{ appendonly: 'yes' }`. */
export type RedisConfig = Readonly<Record<string, string>>;

/** Every write is on disk before it is answered. */
export const ON_DISK: RedisConfig = { appendonly: 'yes', appendfsync: 'always' };

export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly #config: RedisConfig;
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(port: number, folder: string, config: RedisConfig) {
    this.port = port;
    this.folder = folder;
    this.#config = config;
  }

  /** Started, and ready for commands. Without a configuration it keeps everything in memory. */
  static async start(config: RedisConfig = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'meshbus-redis-')), config);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What it has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Starts it on the same port and folder, with further configuration. */
  async restart(more: RedisConfig = {}): Promise<void> {
    const config = { port: String(this.port), dir: this.folder, save: '', bind: '127.0.0.1', ...this.#config, ...more };
    const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]);
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#log += chunk;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      this.#log += error.code === 'ENOENT' ? 'redis-server is not installed: run `npm test`, or install it' : error;
    });
    this.#process = child;
    await this.#ready(child);
  }

  /** Ends it at once, as `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Lets it stand still and go on, as a machine that is paused does. */
  pause(paused: boolean): void {
    this.#process?.kill(paused ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (!(await answers(this.port))) {
      const ended = child.exitCode !== null || child.pid === undefined;
      if (ended || performance.now() > deadline) throw new Error(`redis-server did not start:\n${this.#log}`);
      await setTimeout(10);
    }
  }
}

/** Whether a server on the port has loaded its data: it answers, be it with a demand for a password. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (chunk) => {
      resolve(!chunk.toString().startsWith('-LOADING'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
