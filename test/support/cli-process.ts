// The `meshbus` command as a user runs it: built into one file, in a process of its own, in a folder of its own.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** An alias, since within a function the exit codes of the pipe before it are gone. */
const CODES = `alias codes='echo "$\{PIPESTATUS[@]}"'`;

/** A process that runs, and how to hear of its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
  /** What it has printed on stdout so far. */
  stdout(): string;
  stderr(): string;
}

/** The built command for the tests of one file. Call it at the top level; processes left over are ended. */
export class CliProcesses {
  /** A folder for the files of the tests. */
  folder = '';
  readonly #running = new Set<ChildProcess>();

  constructor() {
    beforeAll(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'meshbus-cli-'));
      buildSync({
        entryPoints: ['src/cli/main.ts'],
        outfile: this.command,
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        banner: { js: '#!/usr/bin/env node' },
        define: { MESHBUS_VERSION: '"0.0.0"' },
      });
      chmodSync(this.command, 0o755);
    });
    afterAll(() => {
      for (const child of this.#running) child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get command(): string {
    return join(this.folder, 'meshbus.mjs');
  }

  /** A path in the folder. */
  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  has(...names: readonly string[]): boolean {
    return existsSync(this.path(...names));
  }

  start(words: readonly string[], options: SpawnOptions = {}): Running {
    return this.spawn(process.execPath, [this.command, ...words], options);
  }

  /** Runs a line of bash in which `$M` is the command; `codes` prints the exit codes of the pipe before it. */
  shell(line: string, options: SpawnOptions = {}): Promise<CommandEnd> {
    const env = { ...process.env, M: `${process.execPath} ${this.command}` };
    return this.spawn('bash', ['-c', `shopt -s expand_aliases\n${CODES}\n${line}`], { env, ...options }).ended;
  }

  /** Runs to the end, with this on stdin. */
  async run(
    words: readonly string[],
    stdin: string | Uint8Array = '',
    options: SpawnOptions = {},
  ): Promise<CommandEnd> {
    const { child, ended } = this.start(words, options);
    child.stdin?.on('error', () => undefined); // It may end without having read all.
    child.stdin?.end(stdin);
    return ended;
  }

  spawn(program: string, words: readonly string[], options: SpawnOptions): Running {
    const child = spawn(program, words, { cwd: this.folder, stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.#running.add(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk) => out.push(chunk));
    child.stderr?.on('data', (chunk) => err.push(chunk));
    const stdout = (): Buffer => Buffer.concat(out);
    const stderr = (): string => Buffer.concat(err).toString();
    const ended = once(child, 'close').then(([code]) => {
      this.#running.delete(child);
      return { code, stdout: stdout(), stderr: stderr() };
    });
    return { child, ended, stdout: () => stdout().toString(), stderr };
  }
}

/** Resolves as soon as this holds. @throws Error after ten seconds */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it never held that ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
