// The examples as a reader runs them, in processes of their own, but with the sources in place of the package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import type { ProcessEnd } from './own-process.ts';

/** The examples for the tests of one file. Call it at the top level. */
export class Examples {
  #folder = '';

  constructor() {
    beforeAll(() => {
      this.#folder = mkdtempSync(join(tmpdir(), 'meshbus-examples-'));
      cpSync('examples/data', join(this.#folder, 'data'), { recursive: true });
      const files = readdirSync('examples', { recursive: true, encoding: 'utf8' });
      buildSync({
        entryPoints: files.filter((file) => file.endsWith('.mjs')).map((file) => join('examples', file)),
        outbase: 'examples',
        outdir: this.#folder,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        alias: { meshbus: join(process.cwd(), 'src/index.ts') },
      });
    });
    afterAll(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  /** Runs one to its end. */
  async run(file: string, env: NodeJS.ProcessEnv = {}): Promise<ProcessEnd> {
    const child = spawn(process.execPath, [join(this.#folder, file)], { env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, stdout, stderr };
  }
}
