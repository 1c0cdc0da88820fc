// The README as a newcomer follows it: its commands exist, and so does every page that the documentation links to.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const README = readFileSync('README.md', 'utf8');
const SCRIPTS = JSON.parse(readFileSync('package.json', 'utf8')).scripts;

test('the second command of the README runs the tests, on a fresh clone', () => {
  const commands = [...README.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    (block ?? '').trim().split('\n'),
  );
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  expect(SCRIPTS.test).toBe('vitest run');
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
