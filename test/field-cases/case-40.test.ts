// Field case 40: opening for reading that still wants to write, and so fails on read-only folders and as another user.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CliProcesses, type CommandEnd, type Running, until } from '../support/cli-process.ts';

const cli = new CliProcesses();
/** Only root can become another user; otherwise the rights of the files alone are the trial. */
const AS_NOBODY = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--clear-groups'] : ['env'];

beforeAll(async () => {
  chmodSync(cli.folder, 0o755);
  await cli.run(['ingest', '--to', 'log:./source', '--shards', '2'], '{"n":1}\n{"n":2}\n{"n":3}\n');
  cpSync(cli.path('source'), cli.path('copy'), { recursive: true });
  execFileSync('chmod', ['-R', 'a-w,a+rX', cli.path('copy')]);
});

function nobody(words: readonly string[]): Running {
  const [program, ...more] = [...AS_NOBODY, process.execPath, cli.command, ...words] as [string, ...string[]];
  return cli.spawn(program, more, {});
}

function asNobody(words: readonly string[], stdin = ''): Promise<CommandEnd> {
  const { child, ended } = nobody(words);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
  return ended;
}

/** Every file with its size and time of change. */
function picture(folder: string): string[] {
  const names = readdirSync(cli.path(folder), { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const { size, mtimeMs } = statSync(cli.path(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

describe('as another user, on a log without a right to write', () => {
  test.each([
    [['poll', '--from', 'log:./copy'], 3],
    [['tail', '--from', 'log:./copy', '--limit', '3'], 3],
    [['stats', 'log:./copy'], undefined],
    [['doctor', 'log:./copy'], undefined],
  ])('%j works and changes nothing', async (words, lines) => {
    const before = picture('copy');
    const { code, stdout, stderr } = await asNobody(words);
    expect([code, stderr]).toEqual([0, '']);
    if (lines !== undefined) expect(stdout.toString().trimEnd().split('\n')).toHaveLength(lines);
    expect(picture('copy')).toEqual(before);
  });

  test('ingest says which path and why, and changes nothing', async () => {
    const before = picture('copy');
    const { code, stderr } = await asNobody(['ingest', '--to', 'log:./copy'], '{"n":4}\n');
    expect(code).toBe(1);
    expect(stderr).toContain('copy');
    expect(stderr).toMatch(/permission|EACCES|EPERM|right/i);
    expect(picture('copy')).toEqual(before);
  });

  test('tail follows what the owner writes', async () => {
    execFileSync('chmod', ['-R', 'a+rX', cli.path('source')]);
    const tail = nobody(['tail', '--from', 'log:./source', '--limit', '4']);
    await until(() => tail.stdout().split('\n').length === 4);
    await cli.run(['ingest', '--to', 'log:./source', '--shards', '2'], '{"n":4}\n');
    expect((await tail.ended).stdout.toString()).toContain('{"n":4}');
  });

  test('a file that cannot be read is named', async () => {
    cpSync(cli.path('source'), cli.path('locked'), { recursive: true });
    execFileSync('chmod', ['-R', 'a+rX', cli.path('locked')]);
    const segment = readdirSync(cli.path('locked', 'shard-0')).find((name) => name.endsWith('.seg'));
    chmodSync(cli.path('locked', 'shard-0', segment as string), 0);
    const { code, stdout, stderr } = await asNobody(['poll', '--from', 'log:./locked']);
    expect(code).toBe(1);
    expect(stderr + stdout).toContain(join('shard-0', segment as string));
  });
});

test('a path that does not exist is an error and creates nothing', async () => {
  for (const words of [
    ['poll', '--from', 'log:./none'],
    ['tail', '--from', 'log:./none'],
    ['stats', 'log:./none'],
  ]) {
    expect(await cli.run(words)).toMatchObject({ code: 1, stderr: expect.stringContaining('none') });
  }
  expect(existsSync(cli.path('none'))).toBe(false);
});
