// `meshbus ingest|poll|tail|stats|doctor net://host:port` against a member of a real mesh.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { memberFaults } from '../../../src/cli/net/inspect-member.ts';
import { SCHEMES } from '../../../src/cli/store-url.ts';
import { EventBus, net } from '../../../src/index.ts';
import { within } from '../../../src/testing/index.ts';
import { type CommandEnd, runInProcess } from '../../support/cli-host.ts';

const SECRET = 'the-secret-of-a-mesh-for-these-tests-only';
const folder = mkdtempSync(join(tmpdir(), 'meshbus-net-cli-'));
const buses: EventBus[] = [];

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.shutdown()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function member(): Promise<{ bus: EventBus; url: string }> {
  const bus = await EventBus.create({ adapter: net({ psk: SECRET, listen: 0 }), shards: 2 });
  buses.push(bus);
  const { listening } = bus.stats.adapter as { listening: readonly string[] };
  return { bus, url: `net://${listening[0]}` };
}

function run(words: readonly string[], more: Parameters<typeof runInProcess>[2] = {}): Promise<CommandEnd> {
  return runInProcess(words, SCHEMES, { env: { MESHBUS_PSK: SECRET }, ...more });
}

test('what the command ingests a member has, and what a member has the command polls, with a cursor that goes on', async () => {
  const { bus, url } = await member();
  const stdin = Array.from({ length: 300 }, (_, n) => `{"n":${n}}\n`);
  const ingested = await run(['ingest', '--to', url], { stdin });
  expect([ingested.code, ingested.stderr]).toEqual([0, expect.stringContaining('300 stored')]);
  expect((await bus.poll({ limit: 1000 })).events).toHaveLength(300);
  const cursorFile = join(folder, 'seen');
  const polled = await run(['poll', '--from', url, '--cursor-file', cursorFile]);
  expect([polled.code, polled.stdout.split('\n').length]).toEqual([0, 301]);
  bus.ingestRaw('{"n":300}');
  await bus.flush();
  const again = await run(['poll', '--from', url, '--cursor-file', cursorFile]);
  expect([again.code, again.stdout]).toEqual([0, '{"n":300}\n']);
});

test('tail follows a mesh until it is stopped', async () => {
  const { bus, url } = await member();
  bus.ingestRaw('{"n":1}');
  const stop = new AbortController();
  let seen = '';
  const onOutput = (text: string): void => {
    seen += text;
  };
  const tailed = run(['tail', '--from', url], { stop: stop.signal, onOutput });
  await within(10_000, () => seen === '{"n":1}\n');
  bus.ingestRaw('{"n":2}');
  await within(10_000, () => seen === '{"n":1}\n{"n":2}\n');
  stop.abort(0);
  expect((await tailed).code).toBe(0);
});

test('stats counts what a mesh holds, doctor reads it all and tells whom the member lacks', async () => {
  const { bus, url } = await member();
  for (let n = 0; n < 50; n += 1) bus.ingestRaw(`{"n":${n}}`);
  await bus.flush();
  const stats = await run(['stats', url, '--json']);
  expect(JSON.parse(stats.stdout)).toMatchObject({ url, storeId: 'net-default', events: 50 });
  const doctor = await run(['doctor', url]);
  expect(doctor.code).toBe(0);
  expect(doctor.stdout).toMatch(/note: the member is linked with nobody[\s\S]*50 events read/);
  expect(doctor.stdout).not.toContain('net-up');
});

test('G2 without a key, with a wrong one and without a member the command says so and shows no secret', async () => {
  const { url } = await member();
  const none = await run(['poll', '--from', url], { env: {} });
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('MESHBUS_PSK_FILE')]);
  const unsaid = await run(['poll', '--from', `net://:${SECRET}@host:1`]);
  expect([unsaid.code, unsaid.stderr.includes(SECRET)]).toEqual([2, false]);
});

test('doctor tells of nodes that a member cannot reach, of refusals, of peers far behind, and of a mesh without proof', () => {
  const figures = {
    links: [
      { nodeId: 'asker-1', address: 'x:1' },
      { nodeId: 'slow\u001b[2J', address: 'b:1', lagEvents: 2_000_000 },
    ],
    dials: [
      { address: 'gone:1', linked: false, lastError: 'ECONNREFUSED' },
      { address: 'there:1', linked: true, lastError: 'old' },
    ],
    refused: { mesh: 3 },
  };
  const faults = memberFaults(figures, true);
  expect(faults.map(({ weight, what }) => `${weight}: ${what}`)).toEqual([
    'fault: the mesh runs without encryption or proof',
    'fault: the member cannot reach gone:1: ECONNREFUSED',
    expect.stringMatching(/^note: slow.*at b:1 is 2,000,000 events behind$/),
    'note: refused since its start: mesh 3',
  ]);
  expect(faults.map(({ what }) => what).join()).not.toContain('\u001b');
});
