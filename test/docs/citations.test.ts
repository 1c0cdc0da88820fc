// Every promise of the bus has a test that cites it by its number, at the start of its name or of its group's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The promises of this version: a letter and how many there are. */
const PROMISES = { A: 4, I: 7, D: 3, F: 3, C: 8, T: 1, S: 3, G: 2 };

/** The numbers at the start of a string, as in 'I4, A3 evicts the oldest'. */
const CITATION = /['"`]((?:[AIDFCTSG]\d(?:, | and |: | ))+)/g;

test('each promise is cited by the name of a test', () => {
  const cited = new Set<string>();
  for (const path of [...filesIn('test'), ...filesIn('src/testing/conformance')]) {
    for (const [, numbers] of readFileSync(path, 'utf8').matchAll(CITATION)) {
      for (const [number] of (numbers ?? '').matchAll(/[A-Z]\d/g)) cited.add(number);
    }
  }
  const all = Object.entries(PROMISES).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  );
  expect(all.filter((number) => !cited.has(number))).toEqual([]);
});

function filesIn(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => path.endsWith('.ts')).map((path) => join(folder, path));
}
