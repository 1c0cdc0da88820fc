// `meshbus poll` and `meshbus stats` on a real log, in pipes and with cursor files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';

const cli = new CliProcesses();
const COUNT = 5000;
const FROM = ['--from', 'log:./data'];

beforeAll(async () => {
  const lines = Array.from({ length: COUNT }, (_, n) => JSON.stringify({ n, kind: n % 10 === 0 ? 'rare' : 'common' }));
  await cli.run(['ingest', '--to', 'log:./data'], lines.join('\n'));
});

async function poll(...words: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await cli.run(['poll', ...FROM, ...words]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe('what is printed', () => {
  test('is every event once, without an option', async () => {
    const seen = (await poll()).map(({ n }) => n as number).sort((a, b) => a - b);
    expect(seen).toEqual(Array.from({ length: COUNT }, (_, n) => n));
  });

  test('is one order over all shards with --ordering timestamp', async () => {
    const seen = (await poll('--ordering', 'timestamp', '--limit', '2500')).map(({ n }) => n);
    expect(seen).toEqual(Array.from({ length: 2500 }, (_, n) => n));
  });

  test('is only what matches, only some shards, and no more than the limit', async () => {
    expect(await poll('--filter', '{"path":"kind","value":"rare"}')).toHaveLength(COUNT / 10);
    const some = await poll('--shards', '1,2', '--envelope', '--limit', '70');
    expect(new Set(some.map(({ meshbus }) => (meshbus as { shard: number }).shard))).toEqual(new Set([1, 2]));
    expect(some).toHaveLength(70);
    expect(await poll('--limit', '0')).toEqual([]);
  });

  test('starts at a time', async () => {
    expect(await poll('--since', '1h')).toHaveLength(COUNT);
    expect(await poll('--since', '2100-01-01')).toHaveLength(0);
    const [first] = await poll('--ordering', 'timestamp', '--limit', '1', '--envelope');
    const { timestampNs } = (first as { meshbus: { timestampNs: string } }).meshbus;
    expect(await poll('--since', String(BigInt(timestampNs) + 1n))).toHaveLength(COUNT - 1);
  });
});

describe('a cursor', () => {
  test('C1 in a file continues exactly, whatever the limits', async () => {
    const seen: unknown[] = [];
    for (const limit of [1, 999, 0, 1500, 100, 10_000, 10]) {
      seen.push(...(await poll('--cursor-file', 'cursor', '--limit', String(limit))).map(({ n }) => n));
    }
    expect(seen).toHaveLength(COUNT);
    expect(new Set(seen).size).toBe(COUNT);
  });

  test('that --show-cursor prints goes on with --cursor', async () => {
    const first = await cli.run(['poll', ...FROM, '--limit', '4990', '--show-cursor']);
    const cursor = first.stderr.trim();
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(await poll('--cursor', cursor)).toHaveLength(10);
  });

  test('that is damaged is refused, and the file stays as it is', async () => {
    writeFileSync(cli.path('damaged'), 'no cursor\n');
    const { code, stderr } = await cli.run(['poll', ...FROM, '--cursor-file', 'damaged']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cursor/)]);
    expect(readFileSync(cli.path('damaged'), 'utf8')).toBe('no cursor\n');
  });

  test('stays where it was when the output could not be written', async () => {
    const full = await cli.shell('$M poll --from log:./data --cursor-file full > /dev/full');
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('ENOSPC')]);
    expect(existsSync(cli.path('full'))).toBe(false);
  });

  test('stays where it was when the output took only a part of the lines', async () => {
    const { code, stderr } = await cli.shell('ulimit -f 4; $M poll --from log:./data --cursor-file part > part.out');
    expect([code, stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
    expect(existsSync(cli.path('part'))).toBe(false);
  });

  test('does not pass what a reader that went away has not read', async () => {
    const { stdout } = await cli.shell('$M poll --from log:./data --cursor-file gone | head -c 0; codes');
    expect(stdout.toString()).toBe('0 0\n');
    const rest = await poll('--cursor-file', 'gone');
    expect(rest.length).toBeGreaterThan(0);
  });
});

test('a reader that goes away ends the command quietly', async () => {
  const { stdout, stderr } = await cli.shell('$M poll --from log:./data | head -n 2 | wc -l; codes');
  expect([stdout.toString(), stderr]).toEqual(['2\n0 0 0\n', '']);
});

test.each(['stdout', 'stderr'])('a %s that nobody reads is no reason to fail in the middle', async (stream) => {
  const redirect = stream === 'stdout' ? '' : '2>&1 >/dev/null';
  const lines = ['$M --help', '$M nope', 'echo bad | $M ingest --to memory: --json', '$M stats log:./data'];
  for (const line of lines) {
    const { stdout, stderr } = await cli.shell(`${line} ${redirect} | true; codes`);
    expect([line, stdout.toString()]).toEqual([line, expect.stringMatching(/^[0-2] ([0-2] )?0\n$/)]);
    expect(stderr).not.toContain('    at ');
  }
});

test('stats tells events, bytes, times and shards, as text and as JSON', async () => {
  const text = (await cli.run(['stats', 'log:./data'])).stdout.toString();
  expect(text).toMatch(
    /^log:\.\/data\nevents {2}5,000\nbytes {3}[\d.]+ kB\nshards {2}4 \(4 open, 0 sealed\)\noldest {2}2/,
  );
  const json = JSON.parse((await cli.run(['stats', 'log:./data', '--json'])).stdout.toString());
  expect(json).toMatchObject({ url: 'log:./data', events: COUNT, oldest: expect.any(String) });
  expect(json.shards.map(({ shard, state }: { shard: number; state: string }) => `${shard} ${state}`)).toEqual(
    [0, 1, 2, 3].map((shard) => `${shard} open`),
  );
});
