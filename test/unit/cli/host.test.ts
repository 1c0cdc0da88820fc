// The signals of a real process: the first asks, the second ends it.
import { expect, test } from 'vitest';
import { CliProcesses, until } from '../../support/cli-process.ts';
import { runInOwnProcess } from '../../support/own-process.ts';

const cli = new CliProcesses();

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a second %s ends the process at once', async (signal, expected) => {
  const { code, stdout } = await runInOwnProcess(`
    import { processHost } from './src/cli/host.ts';
    const { stop } = processHost();
    setInterval(() => undefined, 1000);
    stop.addEventListener('abort', () => {
      console.log('asked', stop.reason);
      process.kill(process.pid, '${signal}');
    });
    process.kill(process.pid, '${signal}');
  `);
  expect([code, stdout]).toEqual([expected, `asked ${expected}\n`]);
});

test('stdin is not touched by a command that does not read it: it ends though stdin stays open', async () => {
  await cli.run(['ingest', '--to', 'log:./data'], '1\n');
  const poll = cli.start(['poll', '--from', 'log:./data']);
  expect((await poll.ended).stdout.toString()).toBe('1\n');
});

test('ingest ends at a bad line under --strict though its stdin stays open', async () => {
  const run = cli.start(['ingest', '--to', 'memory:', '--strict']);
  run.child.stdin?.write('bad\n');
  await until(() => run.stderr().includes('stdin:1: bad line'));
  expect((await run.ended).code).toBe(1);
});
