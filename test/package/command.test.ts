// The command as it is installed: by its name, without the executable's own folder mattering.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

describe.each(['project', 'a b#c%20d'])('installed in a folder named %s', (name) => {
  let folder = '';

  beforeAll(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'meshbus-installed-')), name);
    mkdirSync(folder);
    cpSync(inject('project'), folder, { recursive: true, verbatimSymlinks: true });
  });

  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  function npx(words: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('npx', ['--no-install', 'meshbus', ...words], { cwd: folder, encoding: 'utf8', input });
  }

  test('npx meshbus prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(npx(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  test('it ingests, polls and passes on exit codes', () => {
    writeFileSync(join(folder, 'in'), '{"n":1}\nbad\n');
    expect(npx(['ingest', 'in', '--to', 'log:./data'])).toMatchObject({ status: 1 });
    expect(npx(['poll', '--from', 'log:./data'])).toMatchObject({ status: 0, stdout: '{"n":1}\n', stderr: '' });
    expect(npx(['poll'])).toMatchObject({ status: 2 });
  });
});
