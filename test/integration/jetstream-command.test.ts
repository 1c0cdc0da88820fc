// `meshbus ingest|poll|tail|stats|doctor` on a real nats-server with JetStream, by URL.
import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliProcesses, type CommandEnd, until } from '../support/cli-process.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

const cli = new CliProcesses();
const [USER, PASSWORD] = ['alice', 'hunter2'];
let server: NatsServer;
let open: NatsServer;

beforeAll(async () => {
  // Installed, the command finds the clients beside it.
  symlinkSync(resolve('node_modules'), cli.path('node_modules'));
  server = await NatsServer.start({ config: `authorization { user: ${USER}, password: ${PASSWORD} }` });
  open = await NatsServer.start();
});
afterAll(async () => {
  await server.dispose();
  await open.dispose();
});

function storeUrl(prefix: string): string {
  return `nats://${USER}:${PASSWORD}@127.0.0.1:${server.port}/${prefix}`;
}

function numbers(lines: string): number[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).n as number)
    .sort((a, b) => a - b);
}

function shown({ stderr, stdout }: CommandEnd): string {
  return stdout + stderr;
}

test('ingest, poll, stats and doctor on one store, without the password', async () => {
  const store = storeUrl('command');
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
  for (const end of [ingested, polled, stats, doctor]) expect(shown(end)).not.toContain(PASSWORD);
});

test('tail follows what another process ingests, and ends on a signal', async () => {
  const store = storeUrl('tailed');
  await cli.run(['ingest', '--to', store], '{"n":1}\n');
  const tail = cli.start(['tail', '--from', store, '--since', '2000-01-01']);
  await until(() => tail.stdout().includes('{"n":1}'));
  await cli.run(['ingest', '--to', store], '{"n":2}\n');
  await until(() => tail.stdout().includes('{"n":2}'));
  tail.child.kill('SIGINT');
  await tail.ended;
});

test('doctor tells that this server syncs its files late, whatever it has acknowledged', async () => {
  await cli.run(['ingest', '--to', `${open.url}/files`], '{"n":1}\n');
  const { code, stdout } = await cli.run(['doctor', `${open.url}/files`]);
  expect(code).toBe(0);
  expect(stdout.toString()).toMatch(/note: .*"files" is on one server, nats-server \d.*a loss of power/);
  expect(stdout.toString()).toContain('sync_interval: always');
});

test('doctor tells a server that can be set to sync always from one that cannot', async () => {
  const either = await NatsServer.start();
  const store = `${either.url}/either`;
  await cli.run(['ingest', '--to', store], '{"n":1}\n');
  await either.stop();
  // nats-server 2.9 does not know the setting, and does not start with it.
  const knows = await either.up({ jetstream: 'sync_interval: always' }).then(
    () => true,
    () => false,
  );
  if (!knows) await either.up({});
  const { stdout } = await cli.run(['doctor', store]);
  const without = /which syncs its files every two minutes.*nats-server 2\.10 or later/s;
  expect(stdout.toString()).toMatch(knows ? /does not tell clients how often it syncs/ : without);
  await either.dispose();
});

test('doctor finds fault with a stream in memory, and repairs nothing', async () => {
  const nats = await connect({ servers: open.url });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'weak', subjects: ['weak.*.*'], storage: 'memory' });
  await nats.close();
  await cli.run(['ingest', '--to', `${open.url}/weak`], '{"n":1}\n');
  const { code, stdout } = await cli.run(['doctor', `${open.url}/weak`]);
  expect([code, stdout.toString()]).toEqual([1, expect.stringMatching(/fault: .*"weak" is in memory/)]);
  expect((await cli.run(['doctor', `${open.url}/weak`, '--repair'])).stderr).toContain(
    'nothing that could be repaired',
  );
});

test('G2 a store that is not there, a wrong password and a wrong URL are told, without the password', async () => {
  const absent = await cli.run(['poll', '--from', storeUrl('nobody')]);
  expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringContaining('no stream "nobody"')]);
  for (const words of [['poll', '--from'], ['ingest', '--to'], ['tail', '--from'], ['stats'], ['doctor']]) {
    const wrong = await cli.run([...words, storeUrl('command').replace(PASSWORD, 'wr0ng-secret')], '{"n":1}\n');
    expect([words, wrong.code === 0, shown(wrong)]).toEqual([words, false, expect.stringMatching(/authoriz/i)]);
    expect(shown(wrong)).not.toContain('wr0ng-secret');
  }
  for (const rest of ['h?x=1', 'h/no.such.prefix', '']) {
    const odd = await cli.run(['poll', '--from', `nats://${USER}:${PASSWORD}@${rest}`]);
    expect([rest, odd.code, shown(odd).includes(PASSWORD)]).toEqual([rest, 2, false]);
  }
});

test('G2 a token in the URL is in nothing that is printed', async () => {
  const tokens = await NatsServer.start({ config: 'authorization { token: "t0p-secret" }' });
  try {
    const store = `nats://t0p-secret@127.0.0.1:${tokens.port}/tokens`;
    const ingested = await cli.run(['ingest', '--to', store], '{"n":1}\n');
    const doctor = await cli.run(['doctor', store]);
    expect([ingested.code, doctor.code]).toEqual([0, 0]);
    for (const end of [ingested, doctor]) expect(shown(end)).not.toContain('t0p-secret');
  } finally {
    await tokens.dispose();
  }
});
