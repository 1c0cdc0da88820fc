// One writer: other processes, killed ones, containers of their own, and many that want the same folder at once.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { takeWriterLock } from '../../src/adapters/log/writer-lock.ts';
import { within } from '../../src/testing/index.ts';
import { Program } from './log/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-lock-'));
const holder = new Program(`
  import { takeWriterLock } from './src/adapters/log/writer-lock.ts';
  const folder = process.argv[2];
  let held;
  try {
    held = await takeWriterLock(folder);
    console.log('held by ' + process.pid);
    setInterval(() => undefined, 1000);
  } catch (error) {
    console.log(error.kind + ' ' + error.message);
  }`);
/** As in a container: process numbers, network and mounts of its own. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--net'];
const canContain = spawnSync(CONTAINER[0] as string, [...CONTAINER.slice(1), 'true']).status === 0;
const BEATS = { everyMs: 40, deadAfterMs: 300 };
let count = 0;

afterAll(() => {
  holder.remove();
  rmSync(root, { recursive: true });
});

function freshFolder(name = 'log'): string {
  count += 1;
  const folder = join(root, `${name}-${count}`);
  mkdirSync(folder);
  return folder;
}

async function refusal(folder: string): Promise<string> {
  return takeWriterLock(folder, BEATS).then(
    () => 'taken',
    (error) => `${error.kind} ${error.message}`,
  );
}

for (const before of canContain ? [[], CONTAINER] : [[]]) {
  const where = before.length === 0 ? 'another process' : 'a container where it is number 1';

  test(`${where} that holds the lock is told of, and leaves nothing locked when it is killed`, async () => {
    const folder = freshFolder();
    for (let round = 0; round < 3; round += 1) {
      const program = holder.start([folder], before);
      const line = await program.line();
      expect(line).toMatch(before.length === 0 ? `held by ${program.process.pid}` : 'held by 1');
      expect(await refusal(folder)).toContain(
        `Connection The log in ${JSON.stringify(folder)} is open for writing in process`,
      );
      const second = holder.start([folder], before);
      expect(await second.line()).toMatch(/^Connection .* in process \d+/);
      await second.kill();
      await program.kill();
    }
    const held = await within(2000, takeWriterLock(folder));
    await held?.release();
  });
}

test('a folder whose path is longer than a socket may have works the same', async () => {
  const folder = freshFolder('x'.repeat(150));
  const program = holder.start([folder]);
  expect(await program.line()).toContain('held by');
  expect(await refusal(folder)).toContain(`in process ${program.process.pid}`);
  await program.kill();
  await (await takeWriterLock(folder)).release();
});

test('many that find a dead owner: one wins', async () => {
  const folder = freshFolder();
  for (let round = 0; round < 10; round += 1) {
    const program = holder.start([folder]);
    await program.line();
    await program.kill();
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeWriterLock(folder, BEATS)));
    const won = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(won.length).toBe(1);
    for (const each of tries) if (each.status === 'rejected') expect(each.reason).toMatchObject({ kind: 'Connection' });
    await won[0]?.release();
  }
  expect(readdirSync(folder).length).toBe(1);
});

test('an owner on another machine counts as alive while it gives signs of life, and as dead without', async () => {
  const folder = freshFolder();
  const path = join(folder, 'writer-0000000007.lock');
  const owner = { pid: 1, host: 'elsewhere', namespace: 'x', startedAt: '1', token: 'ab', answers: true };
  writeFileSync(path, JSON.stringify(owner));
  let beat = 1;
  const beating = setInterval(() => {
    beat += 1;
    utimesSync(path, beat, beat);
  }, BEATS.everyMs);
  expect(await refusal(folder)).toContain('in process 1.');
  clearInterval(beating);
  const held = await takeWriterLock(folder, BEATS);
  expect(readdirSync(folder).filter((name) => name.endsWith('.lock'))).toEqual(['writer-0000000008.lock']);
  await held.release();
});

test('an owner that was overtaken knows it', async () => {
  const folder = freshFolder();
  const held = await takeWriterLock(folder, BEATS);
  expect(held.lost).toBe(false);
  writeFileSync(join(folder, 'writer-0000000099.lock'), '{}');
  await within(2000, () => held.lost);
  await held.release();
});

test('a claim that was left empty by a crash blocks nobody for long', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'writer-0000000001.lock'), '');
  await (await within(2000, takeWriterLock(folder, BEATS)))?.release();
});
