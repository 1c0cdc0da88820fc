// Field case 6, the command's half: a byte that is not UTF-8 must not be replaced, nor cost the rest of its line.
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';

const cli = new CliProcesses();
const BAD = Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff]), Buffer.from('y","b":1}')]);
const FILE = Buffer.concat([Buffer.from('{"n":1}\n'), BAD, Buffer.from('\n{"n":3}\n')]);

test.each([
  { flags: [], stored: ['{"n":1}', '{"n":3}'], lines: 3 },
  { flags: ['--strict'], stored: ['{"n":1}'], lines: 2 },
])(
  'a line with a byte ff is reported with its number and not stored, with $flags',
  async ({ flags, stored, lines }) => {
    writeFileSync(cli.path('in'), FILE);
    const url = `log:./out${flags.length}`;
    const ingested = await cli.run(['ingest', 'in', '--to', url, '--shards', '1', '--json', ...flags]);
    expect(ingested.stderr).toContain('in:2: bad line: it is not valid UTF-8');
    expect(JSON.parse(ingested.stdout.toString())).toMatchObject({ lines, stored: stored.length, bad: 1 });
    expect(ingested.code).toBe(1);
    const polled = await cli.run(['poll', '--from', url]);
    expect(polled.stdout.toString().trimEnd().split('\n')).toEqual(stored);
  },
);

test('stored bytes that are not UTF-8 are printed so that ingest takes them back unaltered', async () => {
  const marked = `{"meshbus":{},"base64":"${BAD.toString('base64')}"}\n`;
  expect((await cli.run(['ingest', '--to', 'log:./marked'], marked)).code).toBe(0);
  expect((await cli.run(['poll', '--from', 'log:./marked'])).stdout.toString()).toBe(marked);
});
