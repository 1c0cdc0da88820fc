// docs/guide/mesh.md tells what the code does: every option of a node, its default and its range.
import { expect, test } from 'vitest';
import { NODE_OPTION_NAMES, NUMBERS, readNetOptions } from '../../src/adapters/net/config.ts';
import { LINK_OPTION_NAMES } from '../../src/adapters/net/link/link-options.ts';
import { LINK_DEFAULTS } from '../../src/adapters/net/link/link-settings.ts';
import type { ConfigFault } from '../../src/errors/config-error.ts';
import { bare, tableRows, written } from './support/markdown-table.ts';

const KEY = 'k'.repeat(32);
const rows = tableRows('docs/guide/mesh.md').filter((row) => row.section === 'Options');
const byName = new Map(rows.map((row) => [bare(row.option), row]));
const linkNumbers = Object.entries(LINK_DEFAULTS).filter(([name]) => LINK_OPTION_NAMES.includes(name as never));
const defaults = [...linkNumbers, ...Object.entries(NUMBERS).map(([name, { fallback }]) => [name, fallback] as const)];

test('G1 the table of the mesh has every option once, in the order of the code', () => {
  expect([...byName.keys()]).toEqual([...LINK_OPTION_NAMES, ...NODE_OPTION_NAMES]);
});

test.each(defaults.filter(([, value]) => typeof value === 'number'))(
  'G1 the table tells the default of %s',
  (name, value) => {
    expect(bare(byName.get(name)?.default)).toBe(written(value as number));
  },
);

test('G1 the table tells the defaults that are no numbers', () => {
  const others = rows
    .filter((row) => !/^\d/.test(row.default ?? ''))
    .map((row) => [bare(row.option), bare(row.default)]);
  expect(Object.fromEntries(others)).toEqual({
    listen: 'none',
    advertise: 'what is bound',
    peers: 'none',
    mesh: `'${LINK_DEFAULTS.mesh}'`,
    psk: 'none',
    tls: 'none',
    insecure: 'false',
    discover: `${LINK_DEFAULTS.discover}`,
    store: 'memory()',
    confirm: "'local'",
    receive: 'true',
  });
});

test.each(
  rows.flatMap((row) => {
    const [, min, max] = /^.*?([\d,]+) to ([\d,]+)$/.exec(bare(row['unit, range'])) ?? [];
    return min === undefined || max === undefined ? [] : [[bare(row.option), number(min), number(max)] as const];
  }),
)('G1 %s may be %d to %d, as the table says, and no more', (name, min, max) => {
  expect([faults(name, min), faults(name, max)]).toEqual([0, 0]);
  expect([faults(name, min - 1), faults(name, max + 1)]).toEqual([1, 1]);
});

test('G1 limits that other options give are those of the table', () => {
  expect(bare(byName.get('confirm')?.['unit, range'])).toBe("'local', nodes, 1 to maxPeers");
  expect([faults('confirm', 0), faults('confirm', 64), faults('confirm', 65)]).toEqual([1, 0, 1]);
  expect(bare(byName.get('silenceMs')?.['unit, range'])).toBe('ms, 3 × pingMs to 3,600,000');
  expect([faults('silenceMs', 3000), faults('silenceMs', 2999)]).toEqual([0, 1]);
  expect([faults('silenceMs', 3_600_000), faults('silenceMs', 3_600_001)]).toEqual([0, 1]);
  expect(bare(byName.get('reconnectMaxMs')?.['unit, range'])).toBe('ms, reconnectBaseMs to 2,147,483,647');
  expect([faults('reconnectMaxMs', 100), faults('reconnectMaxMs', 99)]).toEqual([0, 1]);
});

test('G1 each option of the mesh has an effect, and a unit by its name', () => {
  for (const [name, row] of byName) {
    expect(row.effect).toMatch(/\.$/);
    if (name.endsWith('Ms')) expect([name, row['unit, range']]).toEqual([name, expect.stringMatching(/^ms, /)]);
    if (name.endsWith('Bytes')) expect([name, row['unit, range']]).toEqual([name, expect.stringMatching(/^bytes, /)]);
  }
});

/** How many faults there are with a value of one option. */
function faults(name: string, value: number): number {
  const found: ConfigFault[] = [];
  const given = name === 'mesh' ? 'm'.repeat(value) : value; // Of its bytes.
  readNetOptions({ psk: KEY, [name]: given }, found);
  return found.length;
}

function number(text: string): number {
  return Number(text.replaceAll(',', ''));
}
