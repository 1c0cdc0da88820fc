// `meshbus ingest|poll|tail|stats|doctor` on real brokers, by URL: what is the same for all of them.
import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliProcesses, until } from '../support/cli-process.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';

const cli = new CliProcesses();
const [USER, PASSWORD] = ['alice', 'hunter2'];
let redis: RedisServer;
let nats: NatsServer;

/** The URL of a store of the name on each broker. */
const BROKERS: Record<string, (name: string) => string> = {
  redis: (name) => `redis://:${PASSWORD}@127.0.0.1:${redis.port}/0?prefix=${name}`,
  'redis, packed': (name) => `redis://:${PASSWORD}@127.0.0.1:${redis.port}/0?prefix=packed-${name}&packing=batch`,
  jetstream: (name) => `nats://${USER}:${PASSWORD}@127.0.0.1:${nats.port}/${name}`,
};

beforeAll(async () => {
  // Installed, the command finds the clients beside it.
  symlinkSync(resolve('node_modules'), cli.path('node_modules'));
  redis = await RedisServer.start({ ...ON_DISK, requirepass: PASSWORD });
  nats = await NatsServer.start({ config: `authorization { user: ${USER}, password: ${PASSWORD} }` });
});
afterAll(async () => {
  await redis.stop();
  await nats.dispose();
});

test.each(Object.entries(BROKERS))('ingest, poll, stats and doctor on one store: %s', async (_, urlOf) => {
  const store = urlOf('command');
  const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n }));
  const ingested = await cli.run(['ingest', '--to', store], lines.join('\n'));
  expect([ingested.code, ingested.stderr]).toEqual([0, expect.stringContaining('3,000 stored')]);
  const polled = await cli.run(['poll', '--from', store]);
  expect([polled.code, polled.stderr]).toEqual([0, '']);
  const got = polled.stdout.toString().trimEnd().split('\n');
  expect(got.map((line) => JSON.parse(line).n).sort((a, b) => a - b)).toEqual(lines.map((_, n) => n));
  const stats = await cli.run(['stats', store, '--json']);
  const { shards } = JSON.parse(stats.stdout.toString()) as { shards: readonly { events: number }[] };
  expect(shards.reduce((sum, { events }) => sum + events, 0)).toBe(3000);
  const doctor = await cli.run(['doctor', store, '--json']);
  expect(JSON.parse(doctor.stdout.toString())).toMatchObject({ healthy: true, eventsRead: 3000 });
  for (const end of [ingested, polled, stats, doctor]) expect(end.stdout + end.stderr).not.toContain(PASSWORD);
});

test.each(Object.entries(BROKERS))(
  'tail follows what another process ingests, and ends on a signal: %s',
  async (_, urlOf) => {
    const store = urlOf('tailed');
    await cli.run(['ingest', '--to', store], '{"n":1}\n');
    const tail = cli.start(['tail', '--from', store, '--since', '2000-01-01']);
    await until(() => tail.stdout().includes('{"n":1}'));
    await cli.run(['ingest', '--to', store], '{"n":2}\n');
    await until(() => tail.stdout().includes('{"n":2}'));
    tail.child.kill('SIGINT');
    await tail.ended;
  },
);

test.each(Object.entries(BROKERS))(
  'G2 a store that is not there and a wrong password are told, without the password: %s',
  async (_, urlOf) => {
    const absent = await cli.run(['poll', '--from', urlOf('nobody')]);
    expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringMatching(/no store|no stream/)]);
    const store = urlOf('command').replace(PASSWORD, 'wr0ng-secret');
    for (const words of [['poll', '--from'], ['ingest', '--to'], ['tail', '--from'], ['stats'], ['doctor']]) {
      const wrong = await cli.run([...words, store], '{"n":1}\n');
      const shown = wrong.stdout + wrong.stderr;
      expect([words, wrong.code === 0, shown]).toEqual([words, false, expect.stringMatching(/authoriz|WRONGPASS/i)]);
      expect(shown).not.toContain('wr0ng-secret');
    }
  },
);

test('G2 a wrong URL is told without its password', async () => {
  const urls = ['redis', 'nats'].flatMap((kind) => {
    const rests = kind === 'redis' ? ['h/x'] : ['h?x=1', 'h/no.such.prefix', ''];
    return rests.map((rest) => `${kind}://${USER}:${PASSWORD}@${rest}`);
  });
  for (const url of urls) {
    const odd = await cli.run(['poll', '--from', url]);
    expect([url, odd.code, (odd.stdout + odd.stderr).includes(PASSWORD)]).toEqual([url, 2, false]);
  }
});
