// docs/guide/operating.md lists every kind of finding that a node of the mesh reports.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bare, tableRows } from './support/markdown-table.ts';

const FOLDER = 'src/adapters/net';
const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
  .join('\n');

test('the table of the findings of the mesh has every kind of the code, and no other', () => {
  const reported = found(/kind: '((?:net|mesh|clock)-[a-z-]+)'/g);
  const refused = found(/#refusals\.add\('([a-z-]+)'/g);
  const [, told = ''] = /const TOLD[^[]*\[([^\]]+)\]/.exec(sources) ?? [];
  const endings = [...told.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code ?? '');
  const counted = [...refused, ...endings].map((reason) => `net-${reason}`);
  const rows = tableRows('docs/guide/operating.md').filter((row) => row.kind !== undefined);
  const listed = rows.flatMap((row) => (row.kind ?? '').split(',').map((each) => bare(each.trim())));
  expect(listed.sort()).toEqual([...new Set([...reported, ...counted])].sort());
  expect(endings.length).toBeGreaterThan(5);
});

function found(pattern: RegExp): string[] {
  return [...sources.matchAll(pattern)].map(([, name]) => name ?? '');
}
