// Field case 42: paths that are made through URLs keep %20, stumble over a lone %, or lose what follows # or ?.
import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';

const cli = new CliProcesses();
const ODD = 'a b#1%41?x=ü/日本';
const LONGEST = 'n'.repeat(255);

beforeAll(() => {
  mkdirSync(cli.path('links', 'target'), { recursive: true });
  symlinkSync(cli.path('links', 'target'), cli.path('links', 'link'));
});

describe('every command meets in the same folder, named as typed', () => {
  test.each([
    ['relative', () => `log:./${ODD}`, ODD],
    ['absolute', () => `log:${cli.path('abs', ODD)}`, join('abs', ODD)],
    ['with three slashes', () => `log://${cli.path('three', ODD)}`, join('three', ODD)],
    ['with a slash at the end', () => 'log:./trailing %/', 'trailing %'],
    ['with a tilde', () => 'log:~/x', join('~', 'x')],
    ['like a drive of Windows', () => 'log:C:\\data\\x', 'C:\\data\\x'],
    ['with the longest name', () => `log:${LONGEST}`, LONGEST],
    ['through a link', () => 'log:links/link', join('links', 'target')],
  ])('%s', async (_, url, folder) => {
    const ingested = await cli.run(['ingest', '--to', url()], '{"n":1}\n');
    expect([ingested.code, ingested.stderr]).toEqual([0, expect.stringContaining('1 stored')]);
    expect(readdirSync(cli.path(folder))).toContain('meshbus-log.json');
    expect((await cli.run(['poll', '--from', url()])).stdout.toString()).toBe('{"n":1}\n');
    const stats = await cli.run(['stats', url(), '--json']);
    expect(JSON.parse(stats.stdout.toString())).toMatchObject({ url: url(), events: 1 });
    const doctor = await cli.run(['doctor', url()]);
    expect([doctor.code, doctor.stdout.toString()]).toEqual([0, expect.stringContaining('nothing is wrong')]);
  });
});

test('nothing is cut off in silence: no folder with a shorter name appears', () => {
  const names = readdirSync(realpathSync(cli.folder)).sort();
  expect(names).toEqual(
    ['C:\\data\\x', 'a b#1%41?x=ü', 'abs', 'links', 'meshbus.mjs', LONGEST, 'three', 'trailing %', '~'].sort(),
  );
});

test.each(['log:', 'log://', 'log://host/data'])('%s is a usage error of every command', async (url) => {
  for (const words of [
    ['ingest', '--to', url],
    ['poll', '--from', url],
    ['tail', '--from', url],
    ['stats', url],
    ['doctor', url],
  ]) {
    const { code, stderr } = await cli.run(words, '{"n":1}\n');
    expect([words[0], code]).toEqual([words[0], 2]);
    expect(stderr).toMatch(/lacks the path|names a host/);
  }
});

test('looking at a log that is not there makes nothing', async () => {
  for (const words of [
    ['poll', '--from', 'log:./none'],
    ['tail', '--from', 'log:./none'],
    ['stats', 'log:./none'],
    ['doctor', 'log:./none'],
  ]) {
    const { code, stdout, stderr } = await cli.run(words);
    expect([words[0], code]).toEqual([words[0], 1]);
    expect(stdout.toString() + stderr).toContain('none');
  }
  expect(existsSync(cli.path('none'))).toBe(false);
});
