// `meshbus ingest` on real files and pipes.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CliProcesses, until } from '../support/cli-process.ts';

const cli = new CliProcesses();
const account = (stdout: Buffer): Record<string, unknown> => JSON.parse(stdout.toString());

async function polled(url: string, ...words: string[]): Promise<string> {
  return (await cli.run(['poll', '--from', url, ...words])).stdout.toString();
}

test('several files and stdin are read in their order, each with line numbers of its own', async () => {
  writeFileSync(cli.path('a'), '{"n":1}\nbad\n');
  writeFileSync(cli.path('b'), '\n{"n":2}\nworse');
  const { code, stderr } = await cli.run(['ingest', 'a', '-', 'b', '--to', 'log:./many', '--shards', '1'], '{"n":1.5}');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^a:2: bad line: .*\nb:3: bad line: .*\n6 lines: 3 stored, 2 bad, 1 empty \(/);
  expect(await polled('log:./many')).toBe('{"n":1}\n{"n":1.5}\n{"n":2}\n');
});

test('lines with \\r\\n keep their \\r, lines of white space are no events, a byte order mark is no part of the data', async () => {
  const text = '\ufeff{"a":1}\r\n\r\n \t\n  {"b": 2} \r\n3';
  const { code, stdout } = await cli.run(['ingest', '--to', 'log:./crlf', '--shards', '1', '--json'], text);
  expect([code, account(stdout)]).toEqual([0, expect.objectContaining({ lines: 5, stored: 3, empty: 2, bad: 0 })]);
  expect(await polled('log:./crlf')).toBe('{"a":1}\r\n  {"b": 2} \r\n3\n');
});

test('--key keeps the order of each key, and counts lines without one', async () => {
  const lines = Array.from({ length: 500 }, (_, n) => JSON.stringify({ n, user: n % 10 < 9 ? { id: n % 7 } : null }));
  const words = ['ingest', '--to', 'log:./keyed', '--key', 'user.id', '--json'];
  const { code, stdout } = await cli.run(words, lines.join('\n'));
  expect([code, account(stdout)]).toEqual([0, expect.objectContaining({ stored: 500, withoutKey: 50 })]);
  const events = (await polled('log:./keyed', '--envelope'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (let id = 0; id < 7; id += 1) {
    const own = events.filter(({ payload }) => payload.user?.id === id);
    expect(new Set(own.map(({ meshbus }) => `${meshbus.key} ${meshbus.shard}`)).size).toBe(1);
    expect(own.map(({ payload }) => payload.n)).toEqual(own.map(({ payload }) => payload.n).sort((a, b) => a - b));
  }
});

test('I2 a payload of the greatest size is stored, one byte more is a bad line, and so is one without any end', async () => {
  const limit = 1024 * 1024;
  const line = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
  const text = [line(limit), line(limit + 1), line(4 * limit), '1'].join('\n');
  const { code, stdout, stderr } = await cli.run(['ingest', '--to', 'log:./large', '--shards', '1', '--json'], text);
  expect([code, account(stdout)]).toEqual([1, expect.objectContaining({ stored: 2, bad: 2 })]);
  expect(stderr).toContain('stdin:2: bad line: it is too large: 1048577 bytes');
  expect(stderr).toContain('stdin:3: bad line: it is too large: 4194304 bytes');
  expect(await polled('log:./large')).toBe(`${line(limit)}\n1\n`);
});

test('the greatest payload that is not JSON survives the way out and in again', async () => {
  const payload = Buffer.alloc(1024 * 1024, 0xfe);
  const line = `{"meshbus":{"key":"${'k'.repeat(60_000)}"},"base64":"${payload.toString('base64')}"}\n`;
  expect((await cli.run(['ingest', '--to', 'log:./bytes'], line)).code).toBe(0);
  const copy = await cli.shell(
    '$M poll --from log:./bytes --envelope | $M ingest --to log:./bytes2 && $M poll --from log:./bytes2',
  );
  expect(copy.stdout.toString()).toBe(`{"meshbus":{},"base64":"${payload.toString('base64')}"}\n`);
});

describe('memory stays bounded', () => {
  const probe = "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS));";

  test.each([
    ['a line of 256 MiB', writeLine, { lines: 1, bad: 1 }],
    ['a file of 256 MiB', writeLines, { stored: 256_000 }],
  ])('over %s', async (_, make, expected) => {
    make(256);
    writeFileSync(cli.path('probe.mjs'), probe);
    const words = ['--import', './probe.mjs', cli.command, 'ingest', 'huge', '--to', 'log:./huge.log', '--json'];
    const { stdout, stderr } = await cli.spawn(process.execPath, words, {}).ended;
    expect(account(stdout)).toMatchObject(expected);
    const [, peak] = /peak (\d+)/.exec(stderr) ?? [];
    expect(Number(peak)).toBeLessThan(230 * 1024);
  });

  function writeLine(mib: number): void {
    const file = openSync(cli.path('huge'), 'w');
    for (let index = 0; index < mib; index += 1) writeSync(file, Buffer.alloc(1024 * 1024, 'x'));
    closeSync(file);
  }

  function writeLines(mib: number): void {
    const file = openSync(cli.path('huge'), 'w');
    const lines = Buffer.from(`${JSON.stringify({ text: 'x'.repeat(1000) })}\n`.repeat(1000));
    for (let index = 0; index < mib; index += 1) writeSync(file, lines);
    closeSync(file);
  }
});

describe('what cannot be read or written', () => {
  test('is told before anything is stored', async () => {
    writeFileSync(cli.path('good'), '1\n');
    const { code, stderr } = await cli.run(['ingest', 'good', 'missing', '--to', 'log:./untouched']);
    expect([code, stderr]).toEqual([1, expect.stringContaining("missing can't be read")]);
    expect(existsSync(cli.path('untouched'))).toBe(false);
    expect((await cli.run(['ingest', '.', '--to', 'log:./untouched'])).stderr).toContain('it is a directory');
  });

  test('is told with the path when the folder cannot be made', async () => {
    writeFileSync(cli.path('file'), '');
    const { code, stderr } = await cli.run(['ingest', 'good', '--to', 'log:./file/log']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('file/log')]);
  });

  test('a second writer is refused while the first one goes on', async () => {
    const first = cli.start(['ingest', '--to', 'log:./locked', '--shards', '1']);
    first.child.stdin?.write('{"n":1}\n');
    await until(() => existsSync(cli.path('locked', 'shard-0')));
    const second = await cli.run(['ingest', '--to', 'log:./locked'], '{"n":9}\n');
    expect([second.code, second.stdout.length]).toEqual([1, 0]);
    expect(second.stderr).toContain('locked');
    first.child.stdin?.end('{"n":2}\n');
    expect((await first.ended).code).toBe(0);
    expect(await polled('log:./locked')).toBe('{"n":1}\n{"n":2}\n');
  });
});

test('a terminal sees progress, and the account last', () => {
  const words = ['-qec', `${process.execPath} ${cli.command} ingest huge --to memory:`, '/dev/null'];
  const screen = execFileSync('script', words, { cwd: cli.folder }).toString();
  expect(screen).toMatch(/\[=* *\] \d+ % {2}[\d.]+ .B {2}[\d,]+ lines\/s {2}.* left/);
  expect(screen.trimEnd()).toMatch(/256,000 lines: 256,000 stored, 0 bad \([^)]*\)$/);
});
