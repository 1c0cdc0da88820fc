// The command line itself: help on every level, exit codes of what cannot be meant, and the guide that says the same.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { SCHEMES } from '../../../src/cli/store-url.ts';
import { type CommandEnd, runInProcess } from '../../support/cli-host.ts';

const run = (...words: string[]): Promise<CommandEnd> => runInProcess(words, SCHEMES);
const names = COMMANDS.map(({ name }) => name);

describe('help', () => {
  test.each([['--help'], ['-h'], ['help']])('%s lists the commands, with examples and exit codes', async (word) => {
    const { code, stdout, stderr } = await run(word);
    expect([code, stderr]).toEqual([0, '']);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  test.each(names)('of %s has every option, examples that begin with the command, and exit codes', async (name) => {
    const { code, stdout } = await run(name, '--help');
    expect(code).toBe(0);
    const command = COMMANDS.find((each) => each.name === name);
    for (const option of Object.keys(command?.options ?? {})) expect(stdout).toContain(`--${option} `);
    expect(stdout.match(/^ {2}# /gm)?.length).toBeGreaterThanOrEqual(2);
    expect(stdout).toContain('Exit codes:');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(104);
    expect((await run('help', name)).stdout).toBe(stdout);
  });

  test('--version prints the version', async () => {
    expect((await run('--version')).stdout).toBe('0.0.0\n');
  });
});

describe('what cannot be meant ends with 2, says why, and points to the help', () => {
  test.each([
    [[], /a command is missing: there are ingest, poll/],
    [['injest'], /'injest' is no command/],
    [['help', 'injest'], /'injest' is no command/],
    [['ingest'], /--to is missing/],
    [['ingest', '--to', ''], /--to is empty/],
    [
      ['ingest', '--to', 'memory:', '--nope'],
      /^meshbus: --nope is no option of ingest: there are --to, --key, .*--help$/m,
    ],
    [['ingest', '--to', 'memory:', '-t=secret'], /^meshbus: -t is no option of ingest/],
    [['ingest', '--to', 'memory:', '--key'], /^meshbus: --key lacks its value: --key PATH$/m],
    [['ingest', '--to', 'memory:', '--strict=yes'], /^meshbus: --strict takes no value$/m],
    [['ingest', '--to', 'memory:', '--toString'], /^meshbus: --toString is no option of ingest/],
    [['poll', '--frm', 'memory:'], /^meshbus: --frm is no option of poll: there are --from, /],
    [['stats', '--from', 'memory:'], /^meshbus: --from is no option of stats: .*; the store .*: meshbus stats URL/],
    [['ingest', '--to', 'memory:', '--shards', '0'], /--shards is a whole number from 1 to 256/],
    [['ingest', '--to', 'memory:', '--to', 'memory:'], /--to is given twice/],
    [['poll', 'memory:'], /the store goes after --from/],
    [
      ['poll', '--from', 'memory:', '--limit', '-1'],
      /--limit lacks its value: '-1' looks like an option.*write --limit=-1$/m,
    ],
    [['poll', '--from', 'memory:', '--limit=-1'], /--limit is a whole number/],
    [['poll', '--from'], /--from lacks its value: --from URL/],
    [['poll', '--from', 'memory:', '--limit', '1.5'], /--limit is a whole number/],
    [['poll', '--from', 'memory:', '--cursor', 'a', '--cursor-file', 'b'], /exclude each other/],
    [['poll', '--from', 'memory:', '--cursor', 'a', '--since', '1h'], /exclude each other/],
    [['poll', '--from', 'memory:', '--filter', '{'], /--filter is not JSON/],
    [['poll', '--from', 'memory:', '--filter', '{"$nor":[]}'], /unknown operator \$nor/],
    [['poll', '--from', 'memory:', '--ordering', 'random'], /--ordering is sequence or timestamp/],
    [['poll', '--from', 'memory:', '--shards', '0,x'], /--shards is ids/],
    [['poll', '--from', 'memory:', '--new'], /new/],
    [['stats'], /which store/],
    [['stats', 'memory:', 'memory:'], /one URL/],
    [['doctor', 'memory:', '--repair'], /nothing that could be repaired/],
  ] as const)('%j', async (words, message) => {
    const { code, stdout, stderr } = await run(...words);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/See: meshbus .*--help/);
  });
});

test('the guide names every command, every option and every exit code', () => {
  const guide = readFileSync('docs/guide/command.md', 'utf8');
  for (const { name, options } of COMMANDS) {
    expect(guide).toContain(`meshbus ${name}`);
    for (const option of Object.keys(options)) expect(guide).toContain(`\`--${option}`);
  }
  for (const code of ['`0`', '`1`', '`2`', '`130`', '`143`']) expect(guide).toContain(code);
});
