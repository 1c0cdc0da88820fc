// `meshbus stats` of a store whose shards have come and gone: a row for each open shard, one for all that are sealed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SCHEMES } from '../../../src/cli/store-url.ts';
import { EventBus, log } from '../../../src/index.ts';
import { runInProcess } from '../../support/cli-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-states-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('S2 shards are shown by state, those that were removed together', async () => {
  const path = join(folder, 'data');
  const bus = await EventBus.create({ adapter: log(path), shards: 4, maxEventBytes: 1024, ringCapacity: 256 });
  for (let n = 0; n < 40; n += 1) bus.ingest({ n });
  await bus.removeShards([0, 1, 3]);
  await bus.addShards(1);
  for (let n = 0; n < 40; n += 1) bus.ingest({ n, again: true });
  await bus.shutdown();
  const { code, stdout } = await runInProcess(['stats', `log:${path}`], SCHEMES);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^events +80$/m);
  expect(stdout).toMatch(/^shards +5 \(2 open, 3 sealed\)$/m);
  const rows = stdout.split('\n').filter((line) => / (open|sealed) /.test(line));
  expect(rows.map((row) => row.trim().split(/ {2,}/).slice(0, 2))).toEqual([
    ['2', 'open'],
    ['4', 'open'],
    ['0-1, 3', 'sealed'],
  ]);
  const json = JSON.parse((await runInProcess(['stats', `log:${path}`, '--json'], SCHEMES)).stdout);
  expect(json.shards.map(({ state }: { state: string }) => state)).toEqual([
    'sealed',
    'sealed',
    'open',
    'sealed',
    'open',
  ]);
});
