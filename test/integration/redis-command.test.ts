// `meshbus ingest|poll|tail|stats|doctor` on a real Redis, by URL.
import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliProcesses, until } from '../support/cli-process.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';

const cli = new CliProcesses();
const PASSWORD = 'hunter2';
let server: RedisServer;
let url: string;

beforeAll(async () => {
  // Installed, the command finds the client beside it.
  symlinkSync(resolve('node_modules'), cli.path('node_modules'));
  server = await RedisServer.start({ ...ON_DISK, requirepass: PASSWORD });
  url = `redis://:${PASSWORD}@127.0.0.1:${server.port}/0?prefix=command`;
});
afterAll(() => server.stop());

function numbers(lines: string): number[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).n as number)
    .sort((a, b) => a - b);
}

test.each(['', '&packing=batch'])('ingest, poll, stats and doctor on one store%s', async (packing) => {
  const store = url.replace('command', `command${packing.length}`) + packing;
  const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n }));
  const ingested = await cli.run(['ingest', '--to', store], lines.join('\n'));
  expect([ingested.code, ingested.stderr]).toEqual([0, expect.stringContaining('3,000 stored')]);
  const polled = await cli.run(['poll', '--from', store]);
  expect([polled.code, polled.stderr]).toEqual([0, '']);
  expect(numbers(polled.stdout.toString())).toEqual(lines.map((_, n) => n));
  const stats = await cli.run(['stats', store, '--json']);
  const { shards } = JSON.parse(stats.stdout.toString()) as { shards: readonly { events: number }[] };
  expect(shards.reduce((sum, { events }) => sum + events, 0)).toBe(3000);
  const doctor = await cli.run(['doctor', store, '--json']);
  expect(JSON.parse(doctor.stdout.toString())).toMatchObject({ healthy: true, eventsRead: 3000 });
  for (const end of [ingested, polled, stats, doctor]) expect(end.stdout + end.stderr).not.toContain(PASSWORD);
});

test('tail follows what another process ingests, and ends on a signal', async () => {
  await cli.run(['ingest', '--to', url], '{"n":1}\n');
  const tail = cli.start(['tail', '--from', url, '--since', '2000-01-01']);
  await until(() => tail.stdout().includes('{"n":1}'));
  await cli.run(['ingest', '--to', url], '{"n":2}\n');
  await until(() => tail.stdout().includes('{"n":2}'));
  tail.child.kill('SIGINT');
  await tail.ended;
});

test('doctor tells of a server that may lose what it acknowledged', async () => {
  const weak = await RedisServer.start({ 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' });
  try {
    await cli.run(['ingest', '--to', weak.url], '{"n":1}\n');
    const { code, stdout } = await cli.run(['doctor', weak.url]);
    expect(code).toBe(1);
    expect(stdout.toString()).toMatch(/fault: .*appendonly is no[\s\S]*fault: .*maxmemory-policy is allkeys-lru/);
    expect((await cli.run(['doctor', weak.url, '--repair'])).stderr).toContain('nothing that could be repaired');
  } finally {
    await weak.stop();
  }
});

test('G2 a store that is not there, a wrong password and a wrong URL are told, without the password', async () => {
  const absent = await cli.run(['poll', '--from', url.replace('command', 'nobody')]);
  expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringContaining('no store')]);
  const wrong = await cli.run(['poll', '--from', url.replace(PASSWORD, 'wrong-secret')]);
  expect([wrong.code === 0, wrong.stderr]).toEqual([false, expect.stringContaining('WRONGPASS')]);
  expect(wrong.stderr).not.toContain('wrong-secret');
  const odd = await cli.run(['poll', '--from', `redis://:${PASSWORD}@h/x`]);
  expect([odd.code, odd.stderr.includes(PASSWORD)]).toEqual([2, false]);
});
