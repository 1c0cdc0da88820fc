// What goes on until it is stopped: `meshbus tail`, `stats --watch`, and signals to `ingest`.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CliProcesses, type Running, until } from '../support/cli-process.ts';

const cli = new CliProcesses();
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => `{"n":${n + from}}\n`).join('');

async function stored(url: string): Promise<number> {
  const { stdout } = await cli.run(['stats', url, '--json']);
  return JSON.parse(stdout.toString()).events;
}

/** An `ingest` from a pipe that stays open, once it has stored its first line. */
async function writer(folder: string): Promise<Running> {
  const run = cli.start(['ingest', '--to', `log:./${folder}`, '--shards', '1']);
  run.child.stdin?.write('{"n":0}\n');
  await until(() => cli.has(folder, 'shard-0'));
  return run;
}

describe('tail', () => {
  test('replays, then prints what another process writes as it comes, and ends with 0 when it is stopped', async () => {
    await cli.run(['ingest', '--to', 'log:./live', '--shards', '1'], lines(0, 3));
    const tail = cli.start(['tail', '--from', 'log:./live']);
    await until(() => tail.stdout() === lines(0, 3));
    await cli.run(['ingest', '--to', 'log:./live', '--shards', '1'], lines(3, 2000));
    await until(() => tail.stdout() === lines(0, 2000));
    tail.child.kill('SIGINT');
    expect(await tail.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('--new prints only what comes, and a cursor file goes on where it ended', async () => {
    await cli.run(['ingest', '--to', 'log:./new', '--shards', '1'], lines(0, 100));
    const words = ['tail', '--from', 'log:./new', '--new', '--cursor-file', 'new.cursor'];
    const tail = cli.start(words);
    await until(() => cli.has('new.cursor'));
    await cli.run(['ingest', '--to', 'log:./new', '--shards', '1'], lines(100, 105));
    await until(() => tail.stdout() === lines(100, 105));
    tail.child.kill('SIGTERM');
    expect((await tail.ended).code).toBe(0);
    await cli.run(['ingest', '--to', 'log:./new', '--shards', '1'], lines(105, 110));
    const again = await cli.run([...words, '--limit', '5']);
    expect(again.stdout.toString()).toBe(lines(105, 110));
  });

  test('ends at the next event when the reader of its output has gone away', async () => {
    await cli.run(['ingest', '--to', 'log:./quiet', '--shards', '1'], lines(0, 5));
    const tail = cli.shell('$M tail --from log:./quiet | head -n 1; codes');
    const feeding = setInterval(() => void cli.run(['ingest', '--to', 'log:./quiet', '--shards', '1'], '1\n'), 1000);
    expect((await tail).stdout.toString()).toBe('{"n":0}\n0 0\n');
    clearInterval(feeding);
  });
});

test('stats --watch looks again and again, and ends with 0', async () => {
  await cli.run(['ingest', '--to', 'log:./watched', '--shards', '1'], lines(0, 10));
  const watch = cli.start(['stats', 'log:./watched', '--watch', '--json']);
  await until(() => watch.stdout().includes('\n'));
  await cli.run(['ingest', '--to', 'log:./watched', '--shards', '1'], lines(10, 30));
  await until(() => watch.stdout().includes('"events":30'));
  watch.child.kill('SIGINT');
  expect((await watch.ended).code).toBe(0);
  const looks = watch
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(looks[0]).toMatchObject({ events: 10, growthPerSecond: null });
  expect(looks.some(({ growthPerSecond }) => (growthPerSecond?.events ?? 0) > 0)).toBe(true);
});

describe('a stopped ingest', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s flushes what it took, tells the account, and ends with %d', async (signal, expected) => {
    const url = `log:./${signal}`;
    const run = await writer(signal);
    run.child.stdin?.write(lines(1, 1000));
    run.child.stdin?.write('{"cut":');
    run.child.kill(signal);
    const { code, stderr } = await run.ended;
    expect(code).toBe(expected);
    const [, count] = /(\d[\d,]*) stored, 0 bad/.exec(stderr) ?? [];
    expect(await stored(url)).toBe(Number(count?.replace(',', '')));
  });

  test('in the middle of a file has stored what it says', async () => {
    writeFileSync(cli.path('long'), lines(0, 2_000_000));
    const run = cli.start(['ingest', 'long', '--to', 'log:./long.log', '--json']);
    await until(() => cli.has('long.log', 'shard-0'));
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    const account = JSON.parse(stdout.toString());
    expect(code).toBe(130);
    expect(account).toMatchObject({ bad: 0, notStored: 0 });
    expect(account.lines).toBe(account.stored);
    expect(account.stored).toBeLessThan(2_000_000);
    expect(await stored('log:./long.log')).toBe(account.stored);
    const polled = await cli.run(['poll', '--from', 'log:./long.log', '--ordering', 'timestamp', '--limit', '3']);
    expect(readFileSync(cli.path('long'), 'utf8').startsWith(polled.stdout.toString())).toBe(true);
  });
});
