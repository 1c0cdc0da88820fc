// One node of the trial: a process that is started and killed again and again over one folder. It dials others through
// proxies, and is dialled through those of others, which are led to its new port at each start. It keeps count of what the
// flushes of each start have covered.
import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpProxy } from '../../support/servers/tcp-proxy.ts';
import type { Program, RunningProgram } from '../log/bundle.ts';
import type { NodeStart, ReadResult } from './mesh-program.ts';

/** Where the proxies lead before their node was started: nobody listens there. */
const NOWHERE = 1;

export class MeshPlayer {
  readonly name: string;
  /** The proxies that it dials. */
  readonly #dialled: TcpProxy[] = [];
  /** Those that lead to it. */
  readonly #dialling: TcpProxy[] = [];
  /** How many events of each start a flush has covered. */
  readonly covered: Record<string, number> = {};
  readonly #program: Program;
  readonly #place: Pick<NodeStart, 'folder' | 'key'>;
  #running: RunningProgram | undefined;
  #following: Promise<void> = Promise.resolve();
  #runs = 0;
  #flushes = 0;
  #result: ReadResult | undefined;
  #pollPort = NOWHERE;

  constructor(program: Program, place: { readonly name: string; readonly root: string; readonly key: string }) {
    this.name = place.name;
    this.#program = program;
    this.#place = { folder: join(place.root, place.name), key: place.key };
  }

  /** Flushes that have resolved, over all starts. */
  get flushes(): number {
    return this.#flushes;
  }

  get runs(): number {
    return this.#runs;
  }

  /** What it told last as a reader. */
  get result(): ReadResult | undefined {
    return this.#result;
  }

  /** Where it answers polls since its last start. */
  get pollPort(): number {
    return this.#pollPort;
  }

  /** From its next start on it dials another node through a proxy, which is returned. */
  async dial(other: MeshPlayer): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(NOWHERE);
    this.#dialled.push(proxy);
    other.#dialling.push(proxy);
    return proxy;
  }

  /** Starts it as a writer. */
  async write(): Promise<void> {
    const source = `${this.name}:${this.#runs}`;
    await this.#start({ mode: 'write' }, (line) => {
      this.covered[source] = Number(line);
      this.#flushes += 1;
    });
  }

  /** Starts it as a reader of what all flushes have covered. */
  async read(covered: Readonly<Record<string, number>>): Promise<void> {
    await this.#start({ mode: 'read', covered }, (line) => {
      this.#result = JSON.parse(line) as ReadResult;
    });
  }

  /** Ends it at once. @throws Error when it has ended by itself before */
  async kill(): Promise<void> {
    const { exitCode = null } = this.#running?.process ?? {};
    await this.#running?.kill();
    this.#running = undefined;
    await this.#following;
    if (exitCode !== null) throw new Error(`${this.name} has ended by itself, with ${exitCode}`);
  }

  /** Stands still for a while, as a machine that swaps or a debugger that holds it. */
  async freeze(ms: number): Promise<void> {
    this.#running?.process.kill('SIGSTOP');
    await delay(ms);
    this.#running?.process.kill('SIGCONT');
  }

  /** Copies its folder; only while it does not run. */
  async backUp(): Promise<void> {
    await rm(this.#backup, { recursive: true, force: true });
    // Without the lock of the process that was killed: a start that can't reach its socket waits for signs of life.
    const filter = (path: string): boolean => !basename(path).startsWith('writer-');
    await cp(this.#place.folder, this.#backup, { recursive: true, filter });
  }

  /** Puts the folder back as it was copied; only while it does not run. */
  async restore(): Promise<void> {
    await rm(this.#place.folder, { recursive: true });
    await cp(this.#backup, this.#place.folder, { recursive: true });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#dialled.map((proxy) => proxy.stop()));
    await this.kill();
  }

  get #backup(): string {
    return `${this.#place.folder}.backup`;
  }

  async #start(how: Pick<NodeStart, 'mode' | 'covered'>, onLine: (line: string) => void): Promise<void> {
    const peers = this.#dialled.map(({ port }) => `127.0.0.1:${port}`);
    const start: NodeStart = { name: this.name, run: this.#runs, peers, ...this.#place, ...how };
    this.#runs += 1;
    const running = this.#program.start([JSON.stringify(start)]);
    this.#running = running;
    const [port, pollPort] = ((await running.line()) ?? '').split(' ').map(Number);
    if (port === undefined || pollPort === undefined) throw new Error(`${this.name} did not open`);
    this.#pollPort = pollPort;
    for (const proxy of this.#dialling) proxy.leadTo(port);
    this.#following = follow(running, onLine);
  }
}

async function follow(running: RunningProgram, onLine: (line: string) => void): Promise<void> {
  for (let line = await running.line(); line !== undefined; line = await running.line()) onLine(line);
}
