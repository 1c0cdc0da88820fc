// Runs code with the sources of the bus in a process of its own: for what ends a process, or needs special settings.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildSync } from 'esbuild';

/** What became of the process. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  /** Arguments of Node, before the code. */
  readonly nodeArguments?: readonly string[];
  /** Shell commands that run before Node in the same shell, such as `ulimit -v 1000000`. */
  readonly before?: string;
}

/** Runs a TypeScript module (no exports) that may import from `./src/`, as from the root of the package. */
export async function runInOwnProcess(code: string, options: ProcessOptions = {}): Promise<ProcessEnd> {
  const built = buildSync({
    stdin: { contents: code, loader: 'ts', resolveDir: process.cwd() },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const words = ['--input-type=module', ...(options.nodeArguments ?? []), '-'];
  const shell = `${options.before ?? ':'}; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', shell, process.execPath, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(built.outputFiles[0]?.text);
  const [exitCode] = await once(child, 'close');
  return { code: exitCode, stdout, stderr };
}
