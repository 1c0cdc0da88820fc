// The gate finds what it is there to find, in trees made for it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkStructure } from '../../../scripts/structure/check.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'meshbus-layers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The faults in a tree of files, each given a header. */
function check(files: Record<string, string>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `// Header.\n${text}\n`);
  }
  return checkStructure(root).faults;
}

const A = 'export const a = 1;';

test('passes imports that point down, and those beside that are listed', () => {
  const faults = check({
    'kernel/layout.ts': A,
    'src/util/a.ts': A,
    'src/frame/a.ts': "import { a } from '../util/a.ts';\nimport { b } from '../../kernel/layout.ts';",
    'src/adapter/a.ts': A,
    'src/adapters/memory/a.ts': "import { a } from '../../adapter/a.ts';",
    'src/bus/a.ts': "import { join } from 'node:path';\nimport { a } from '../adapters/memory/a.ts';",
  });
  expect(faults).toEqual([]);
});

test.each([
  ['an import upwards', { 'src/util/a.ts': "import '../bus/a.ts';", 'src/bus/a.ts': A }, 'util may not import bus'],
  [
    'an import of a type upwards',
    { 'src/util/a.ts': "import type { a } from '../bus/a.ts';", 'src/bus/a.ts': A },
    'util may not import bus',
  ],
  [
    'an import beside',
    { 'src/ingest/a.ts': "import '../dispatch/a.ts';", 'src/dispatch/a.ts': A },
    'ingest may not import',
  ],
  [
    'an adapter that imports another',
    { 'src/adapters/log/a.ts': "import '../memory/a.ts';", 'src/adapters/memory/a.ts': A },
    'the adapter log may not import the adapter memory',
  ],
  [
    'an adapter that imports a shard',
    { 'src/adapters/log/a.ts': "import '../../shard/a.ts';" },
    'may not import shard',
  ],
  ['testing that imports the bus', { 'src/testing/a.ts': "import '../bus/a.ts';" }, 'only the public index.ts'],
  ['a folder without a place', { 'src/helpers/a.ts': "import '../util/a.ts';" }, 'helpers has no place'],
  ['a package', { 'src/util/a.ts': "import 'left-pad';" }, 'imports left-pad'],
  [
    'a package that is imported late',
    { 'src/util/a.ts': "export const f = () => import('left-pad');" },
    'imports left-pad',
  ],
  ['a path without extension', { 'src/util/a.ts': "import './b';" }, 'lacks its extension'],
  ['a test', { 'src/util/a.ts': "import '../../test/a.ts';" }, 'not shipped'],
  ['a default export', { 'src/util/a.ts': 'export default 1;' }, 'a default export'],
  ['a default function', { 'src/util/a.ts': 'export default function f() {}' }, 'a default export'],
  ['export *', { 'src/util/a.ts': "export * from './b.ts';" }, 'export *'],
  ['export * as', { 'src/util/a.ts': "export * as b from './b.ts';" }, 'export *'],
  ['import.meta', { 'src/util/a.ts': 'export const a = import.meta.url;' }, 'import.meta'],
  ['top-level await', { 'src/util/a.ts': 'export const a = await 1;' }, 'await outside a function'],
  ['a long file', { 'test/a.ts': '\n'.repeat(400) }, 'at most 400'],
  ['a long function', { 'src/util/a.ts': `export function f() {${'\n'.repeat(50)}}` }, 'f has 51 lines'],
])('refuses %s', (_name, files, fault) => {
  expect(check(files as Record<string, string>)).toEqual([expect.stringContaining(fault)]);
});

test('refuses a cycle, but not one that types alone close', () => {
  const cycle = {
    'src/util/a.ts': "import './b.ts';",
    'src/util/b.ts': "import './c.ts';",
    'src/util/c.ts': "import './a.ts';",
  };
  expect(check(cycle)).toEqual([
    'src/util/a.ts: a cycle of imports: src/util/a.ts -> src/util/b.ts -> src/util/c.ts -> src/util/a.ts',
  ]);
  expect(check({ ...cycle, 'src/util/c.ts': "import type { a } from './a.ts';" })).toEqual([]);
});

test('refuses a file without a header', () => {
  mkdirSync(join(root, 'src/util'), { recursive: true });
  writeFileSync(join(root, 'src/util/a.ts'), A);
  expect(check({})).toEqual(['src/util/a.ts: has no header that says what it owns']);
});
