// Files beside the installed package, and processes over them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

/** A new folder inside the project, in which `meshbus` resolves, with these files in it. */
export function scratch(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(inject('project'), 'scratch-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** What Node prints for a file. @throws Error with the output when it fails */
export function nodeOutput(words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout.trim();
}
