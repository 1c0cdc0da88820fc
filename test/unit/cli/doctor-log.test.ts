// Field case 38, the part of the command: `doctor` says where a log is damaged and what to do, and `--repair` does it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { log } from '../../../src/adapters/log/index.ts';
import { SCHEMES } from '../../../src/cli/store-url.ts';
import { BatchMaker } from '../../../src/testing/index.ts';
import { type CommandEnd, runInProcess } from '../../support/cli-host.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-doctor-'));
afterAll(() => rmSync(root, { recursive: true }));

const doctor = (folder: string, ...options: string[]): Promise<CommandEnd> =>
  runInProcess(['doctor', `log:${folder}`, ...options], SCHEMES);

/** A log of a few segments in one shard. */
async function written(name: string): Promise<{ folder: string; paths: string[] }> {
  const folder = join(root, name);
  const { signal } = new AbortController();
  const adapter = log(folder, { segmentBytes: 4096 }).create();
  await adapter.init({ producer: 'p', now: () => 0n, report: () => undefined });
  const maker = new BatchMaker();
  for (let nth = 0; nth < 20; nth += 1) {
    const payloads = Array.from({ length: 10 }, (_, each) => JSON.stringify(`event-${nth}-${each}`.padEnd(50, '.')));
    await adapter.onBatch(maker.batch(0, payloads), { signal });
  }
  await adapter.shutdown({ signal });
  const names = readdirSync(join(folder, 'shard-0')).filter((each) => each.endsWith('.seg'));
  return { folder, paths: names.sort().map((each) => join(folder, 'shard-0', each)) };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 4;
  writeFileSync(path, bytes);
}

test('case 38: doctor names file and offset and what to do, does it with --repair, and then finds no fault', async () => {
  const { folder, paths } = await written('damaged');
  const path = paths[1] as string;
  expect(await doctor(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is wrong') });
  flip(path, 2000);
  const damaged = readFileSync(path);
  const found = await doctor(folder);
  expect(found).toMatchObject({ code: 1, stderr: '' });
  expect(found.stdout).toContain(`fault: ${JSON.stringify(path)} at offset `);
  expect(found.stdout).toContain('run doctor with --repair');
  expect(readFileSync(path)).toEqual(damaged);
  const repaired = await doctor(folder, '--repair');
  expect(repaired.code).toBe(1);
  expect(repaired.stdout).toContain('cut before the damage');
  const [copy] = readdirSync(join(folder, 'aside')) as [string];
  expect(readFileSync(join(folder, 'aside', copy))).toEqual(damaged);
  const after = await doctor(folder);
  expect(after.code).toBe(0);
  expect(after.stdout).toContain('are missing');
  const printed = await runInProcess(['poll', '--from', `log:${folder}`], SCHEMES);
  expect(printed.code).toBe(0);
  expect(printed.stdout).toContain('event-19-9');
});

test('a folder that holds something else is a fault, also as JSON, and is not repaired', async () => {
  const folder = mkdtempSync(join(root, 'foreign-'));
  writeFileSync(join(folder, 'letter.txt'), 'hello');
  for (const repair of [[], ['--repair']]) expect((await doctor(folder, ...repair)).code).toBe(1);
  expect(JSON.parse((await doctor(folder, '--json')).stdout)).toMatchObject({ healthy: false, shards: null });
  expect(readdirSync(folder)).toEqual(['letter.txt']);
});

test('--quick leaves the files out, and excludes --repair', async () => {
  const { folder, paths } = await written('quick');
  flip(paths[1] as string, 2000);
  expect((await doctor(folder, '--quick')).stdout).not.toContain('--repair');
  expect(await doctor(folder, '--quick', '--repair')).toMatchObject({ code: 2 });
});
