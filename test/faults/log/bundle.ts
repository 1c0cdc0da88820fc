// Programs over the sources of the bus, built once and run as processes of their own, which a test may kill.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';

/** A program that runs; nothing of it is left after `end`. */
export interface RunningProgram {
  readonly process: ChildProcess;
  /** The next line that it prints; undefined after the last one. */
  line(): Promise<string | undefined>;
  /** Kills it if it still runs, and waits for its end. */
  kill(): Promise<void>;
}

export class Program {
  readonly #folder = mkdtempSync(join(tmpdir(), 'meshbus-program-'));
  readonly path = join(this.#folder, 'program.mjs');

  /** Builds a TypeScript module that may import from `./src/`. */
  constructor(code: string) {
    buildSync({
      stdin: { contents: code, loader: 'ts', resolveDir: process.cwd() },
      bundle: true,
      outfile: this.path,
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
  }

  /** Runs it with arguments; `before` is a command that Node and the program are arguments of. */
  start(args: readonly string[], before: readonly string[] = []): RunningProgram {
    const [command, ...rest] = [...before, process.execPath, this.path, ...args] as [string, ...string[]];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      process: child,
      line: async () => {
        const next = await lines.next();
        return next.done === true ? undefined : next.value;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await closed;
      },
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
