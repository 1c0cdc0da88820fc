// The README as a newcomer follows it: its commands exist, and so does every page that the documentation links to.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const README = readFileSync('README.md', 'utf8');
const SCRIPTS = JSON.parse(readFileSync('package.json', 'utf8')).scripts;

test('two commands of the README do all on a fresh clone: the main job, and the tests', () => {
  const commands = [...README.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    (block ?? '').trim().split('\n'),
  );
  expect(commands).toHaveLength(2);
  expect(commands[0]).toMatch(/^npm ci && npx meshbus ingest \S+ --to log:\S+ .*&& npx meshbus poll --from log:/);
  expect(commands[1]).toBe('npm ci && npm test');
  expect(SCRIPTS.test).toBe('node scripts/install-servers.mjs && vitest run');
});

test('every npm script that the documentation names exists', () => {
  for (const path of pages()) {
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/`npm run ([a-z-]+)/g))
      expect(SCRIPTS).toHaveProperty(name ?? '');
  }
});

test('every link of the documentation leads to a file', () => {
  const dead = pages().flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => join(dirname(path), target ?? ''))
      .filter((target) => !existsSync(target)),
  );
  expect(dead).toEqual([]);
});

function pages(): string[] {
  const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path));
  return ['README.md', ...inDocs.filter((path) => path.endsWith('.md'))];
}
