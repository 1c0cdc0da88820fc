// `meshbus doctor` on real nats-servers: what each keeps, and a token that is never shown.
import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

const cli = new CliProcesses();
let open: NatsServer;

beforeAll(async () => {
  // Installed, the command finds the clients beside it.
  symlinkSync(resolve('node_modules'), cli.path('node_modules'));
  open = await NatsServer.start();
});
afterAll(() => open.dispose());

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

test('G2 a token in the URL is in nothing that is printed', async () => {
  const tokens = await NatsServer.start({ config: 'authorization { token: "t0p-secret" }' });
  try {
    const store = `nats://t0p-secret@127.0.0.1:${tokens.port}/tokens`;
    const ingested = await cli.run(['ingest', '--to', store], '{"n":1}\n');
    const doctor = await cli.run(['doctor', store]);
    expect([ingested.code, doctor.code]).toEqual([0, 0]);
    for (const end of [ingested, doctor]) expect(end.stdout + end.stderr).not.toContain('t0p-secret');
  } finally {
    await tokens.dispose();
  }
});
