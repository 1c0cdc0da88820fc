// docs/reference/options.md tells what the code does: every option, its default and its range.
import { expect, test } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { RANGES } from '../../src/config/ranges.ts';
import { SCALING_NAMES, THRESHOLD_NAMES } from '../../src/config/scaling.ts';
import { BATCH_NAMES, OPTION_NAMES, RETRY_NAMES } from '../../src/config/validate.ts';
import { bare, tableRows, written } from './support/markdown-table.ts';

const rows = tableRows('docs/reference/options.md');
const byPath = new Map(rows.map((row) => [bare(row.Option), row]));
const scalingPaths = SCALING_NAMES.flatMap((name) =>
  name === 'thresholds' ? THRESHOLD_NAMES.map((field) => `scaling.thresholds.${field}`) : [`scaling.${name}`],
);
const paths = OPTION_NAMES.flatMap((name) => {
  if (name === 'batch') return BATCH_NAMES.map((field) => `batch.${field}`);
  if (name === 'retry') return RETRY_NAMES.map((field) => `retry.${field}`);
  if (name === 'scaling') return [name, ...scalingPaths];
  return name === 'backpressure' ? [name, 'backpressure.sample'] : [name];
});

test('G1 the table has every option once, in the order of the code', () => {
  expect(rows.map((row) => bare(row.Option))).toEqual(paths);
});

test.each(Object.entries(DEFAULTS))('G1 the table tells the default of %s', (path, value) => {
  expect(bare(byPath.get(path)?.Default)).toBe(typeof value === 'string' ? `'${value}'` : text(value));
});

test('G1 the table tells which options have no fixed default', () => {
  const without = paths.filter((path) => !Object.hasOwn(DEFAULTS, path));
  expect(without.map((path) => [path, bare(byPath.get(path)?.Default)])).toEqual([
    ['backpressure.sample', 'none'],
    ['adapter', 'noop()'],
    ['scaling.maxShards', 'see below'],
    ['producerNoncePath', 'none'],
    ['ringBytes', 'see below'],
    ['onDeadLetter', 'none'],
  ]);
});

test.each(Object.entries(RANGES))('G1 the table tells the range of %s', (path, { min, max }) => {
  const range = bare(byPath.get(path)?.Range);
  expect(range.startsWith(`${written(min)} to ${written(max)}`)).toBe(true);
});

test('G1 the unit follows from the name of the option, and each has an effect', () => {
  for (const [path, row] of byPath) {
    if (path.endsWith('Ms')) expect([path, row.Unit]).toEqual([path, 'ms']);
    if (path.endsWith('Bytes')) expect([path, row.Unit]).toEqual([path, 'bytes']);
    if (path in RANGES) expect(row.Unit).not.toBe('');
    expect(row.Effect).toMatch(/\.$/);
  }
});

function text(value: number | boolean): string {
  return typeof value === 'number' ? written(value) : String(value);
}
