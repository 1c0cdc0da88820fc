// Field case 2: line readers that end lines at U+2028 and U+2029 as well, so that valid lines of JSON break in two.
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';

const cli = new CliProcesses();
const LINES = ['{"a":"x\u2028y"}', '{"a":"x\u2029y"}', '{"a":"x\u0085y"}'];
const FILE = `${LINES.join('\n')}\n`;

test.each(['file', 'stdin'])(
  'lines with raw U+2028, U+2029 and U+0085 from a %s come back byte for byte',
  async (way) => {
    writeFileSync(cli.path('lines.ndjson'), FILE);
    const to = `log:./${way}`;
    const words = ['ingest', ...(way === 'file' ? ['lines.ndjson'] : []), '--to', to, '--shards', '1', '--json'];
    const ingested = await cli.run(words, way === 'file' ? '' : FILE);
    expect(JSON.parse(ingested.stdout.toString())).toMatchObject({ lines: 3, stored: 3, bad: 0 });
    expect(ingested.code).toBe(0);
    const polled = await cli.run(['poll', '--from', to]);
    expect(polled.code).toBe(0);
    expect(polled.stdout.equals(Buffer.from(FILE))).toBe(true);
  },
);
