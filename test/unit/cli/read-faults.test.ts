// `poll` and `tail` over stores and outputs that fail: nothing is skipped in silence, and no cursor runs ahead.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type AdapterFactory, EventBus, memory } from '../../../src/index.ts';
import { fault, faulty, within } from '../../../src/testing/index.ts';
import { runInProcess, testScheme } from '../../support/cli-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function filled(adapter: AdapterFactory, count: number, shards = 1): Promise<AdapterFactory> {
  const bus = await EventBus.create({ adapter, shards, backpressure: 'block' });
  for (let n = 0; n < count; n += 1) await bus.ingest({ n });
  await bus.shutdown();
  return adapter;
}

const numbers = (text: string): number[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).n);

describe('the cursor file', () => {
  test('C1 moves on only after the output has taken the lines, so a failure repeats and leaves out nothing', async () => {
    const store = await filled(memory(), 25_000);
    const path = join(folder, 'cursor');
    const words = ['poll', '--from', 'test:', '--cursor-file', path];
    let pages = 0;
    const failing = (): void => {
      pages += 1;
      if (pages === 3) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    const first = await runInProcess(words, testScheme(store), { onOutput: failing });
    expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('no space left')]);
    const second = await runInProcess(words, testScheme(store));
    expect(numbers(first.stdout + second.stdout)).toEqual(Array.from({ length: 25_000 }, (_, n) => n));
  });

  test('is not made while nothing could be read', async () => {
    const store = faulty(await filled(memory(), 10));
    store.faults.pollShard = fault.fail('Fatal');
    const path = join(folder, 'unread');
    const { code, stderr } = await runInProcess(['poll', '--from', 'test:', '--cursor-file', path], testScheme(store));
    expect([code, stderr]).toEqual([1, expect.stringContaining('could not be read')]);
    expect(existsSync(path)).toBe(false);
  });
});

test('C5 events that are gone are reported with their count', async () => {
  const store = await filled(memory({ maxEvents: 100 }), 1000);
  const { code, stdout, stderr } = await runInProcess(['poll', '--from', 'test:'], testScheme(store));
  const seen = numbers(stdout);
  expect(seen.at(-1)).toBe(999);
  expect([code, stderr]).toEqual([0, `meshbus: gap: ${1000 - seen.length} events of shard 0 are gone (trimmed)\n`]);
});

test('C5 a shard that cannot be read is reported, the others are printed, and the exit code is 1', async () => {
  const store = faulty(await filled(memory(), 30_000, 4));
  store.faults.onCall = ({ call, shard }) => {
    store.faults.pollShard = call === 'pollShard' && shard === 1 ? fault.fail('Fatal') : undefined;
  };
  const { code, stdout, stderr } = await runInProcess(['poll', '--from', 'test:'], testScheme(store));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^meshbus: shard 1 can't be read: .*\n$/);
  expect(numbers(stdout).length).toBeGreaterThan(15_000);
});

describe('tail', () => {
  test('waits out a failure that may pass, and prints every event once', async () => {
    const store = faulty(await filled(memory(), 3000));
    let calls = 0;
    store.faults.pollShard = () => {
      calls += 1;
      return calls === 2 ? fault.fail('Transient') : undefined;
    };
    const words = ['tail', '--from', 'test:', '--limit', '3000'];
    const { stdout } = await within(10_000, runInProcess(words, testScheme(store)));
    expect(numbers(stdout)).toEqual(Array.from({ length: 3000 }, (_, n) => n));
  });

  test('reports gaps, too', async () => {
    const store = await filled(memory({ maxEvents: 10 }), 1000);
    const { stderr } = await runInProcess(['tail', '--from', 'test:', '--limit', '1'], testScheme(store));
    expect(stderr).toContain('events of shard 0 are gone (trimmed)');
  });
});

test('doctor tells of shards that cannot be read and of a clock that lies ahead', async () => {
  const store = faulty(await filled(memory(), 10));
  expect((await runInProcess(['doctor', 'test:'], testScheme(store))).stdout).toContain('10 events read');
  store.faults.pollShard = fault.fail('Serialization');
  const sick = await runInProcess(['doctor', 'test:'], testScheme(store));
  expect([sick.code, sick.stdout]).toEqual([1, expect.stringMatching(/fault: shard 0 can't be read: .*\n {2}do: /)]);
  const json = await runInProcess(['doctor', 'test:', '--json'], testScheme(store));
  expect(JSON.parse(json.stdout)).toMatchObject({ healthy: false, shards: 1, faults: [{ weight: 'fault' }] });
});
