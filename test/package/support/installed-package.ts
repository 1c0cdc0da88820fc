// Builds, packs and installs the package once for all tests of this folder, as a user gets it: from the tarball, offline,
// into a project of its own. The build goes to a folder of its own, so that nobody's dist/ is touched.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of a project with `meshbus` in its node_modules. */
    readonly project: string;
  }
}

/** Called by vitest before the first test; what it returns is called after the last. */
export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-package-'));
  const project = join(folder, 'project');
  const tarball = pack(join(folder, 'package'));
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
  run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], project);
  const types = join(project, 'node_modules/@types');
  mkdirSync(types, { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules/@types/node'), join(types, 'node'));
  provide('project', project);
  return () => rmSync(folder, { recursive: true, force: true });
}

function pack(folder: string): string {
  if (!existsSync('src/kernel/binary.ts')) run(process.execPath, ['scripts/build-kernel.mjs'], process.cwd());
  run(process.execPath, ['node_modules/tsdown/dist/run.mjs', '--out-dir', join(folder, 'dist')], process.cwd());
  for (const name of ['package.json', 'README.md', 'LICENSE', 'docs']) {
    if (existsSync(name)) cpSync(name, join(folder, name), { recursive: true });
  }
  run('npm', ['pack', '--ignore-scripts', '--silent'], folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  return join(folder, tarball);
}

function run(command: string, words: string[], cwd: string): void {
  execFileSync(command, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
