// Field case 4: a last line without a newline that is left out in silence, or a cut-off one that is taken for good.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';

const cli = new CliProcesses();

const TRIALS = [
  { name: 'a last line without a newline is stored', text: '{"n":1}\n{"n":2}', stored: 2, bad: [], code: 0 },
  { name: 'empty lines at the end are no events', text: '{"n":1}\n{"n":2}\n\n\n', stored: 2, bad: [], code: 0 },
  { name: 'a last line that is cut off is bad', text: '{"n":1}\n{"n":', stored: 1, bad: [2], code: 1 },
  { name: 'an empty file has no events', text: '', stored: 0, bad: [], code: 0 },
];

describe.each(['file', 'pipe'])('from a %s', (way) => {
  test.each(TRIALS)('$name', async ({ text, stored, bad, code }) => {
    writeFileSync(cli.path('in'), text);
    const url = `log:./${way}-${Buffer.from(text).toString('hex')}`;
    const ingested = await (way === 'file'
      ? cli.run(['ingest', 'in', '--to', url, '--json'])
      : cli.shell(`cat in | $M ingest --to ${url} --json`));
    expect(JSON.parse(ingested.stdout.toString())).toMatchObject({ stored, bad: bad.length });
    const numbers = [...ingested.stderr.matchAll(/^(?:in|stdin):(\d+): bad line/gm)].map(([, number]) =>
      Number(number),
    );
    expect(numbers).toEqual(bad);
    expect(ingested.code).toBe(code);
    const polled = await cli.run(['poll', '--from', url]);
    expect(polled.stdout.toString().split('\n').filter(Boolean)).toHaveLength(stored);
  });
});
