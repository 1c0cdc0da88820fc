// Field case 40: reading needs no right to write: another user, no write bits, a read-only mount beside a writer.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EventBus, log } from '../../src/index.ts';
import { Program } from '../faults/log/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-40-'));
const folder = join(root, 'log');
const copy = join(root, 'copy');
const mounted = join(root, 'mounted');
const NOBODY = ['setpriv', '--reuid', '65534', '--clear-groups'];
const isRoot = process.getuid?.() === 0 && spawnSync(NOBODY[0] as string, [...NOBODY.slice(1), 'true']).status === 0;

/** Follows until it has seen a number of events; or says why it can't. */
const reader = new Program(`
  import { EventBus, log } from './src/index.ts';
  const [folder, count] = process.argv.slice(2);
  try {
    const bus = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
    let events = 0;
    for await (const event of bus.subscribe({ from: 'earliest' })) {
      if (event.text() !== '') events += 1;
      if (events === 1) console.log('reading');
      if (events === Number(count)) break;
    }
    await bus.shutdown();
    console.log('read ' + events);
  } catch (error) {
    console.log(error.message);
  }`);
const writer = new Program(`
  import { EventBus, log } from './src/index.ts';
  const error = await EventBus.create({ adapter: log(process.argv[2]) }).then(() => undefined, (error) => error);
  console.log(error === undefined ? 'opened' : error.kind + ' ' + error.message);`);

beforeAll(async () => {
  chmodSync(root, 0o755);
  const bus = (await EventBus.create({ adapter: log(folder, { segmentBytes: 4096 }), shards: 2 })) as EventBus;
  for (let n = 0; n < 300; n += 1) {
    bus.ingest({ n });
    if (n % 30 === 0) await bus.flush();
  }
  await bus.shutdown();
  cpSync(folder, copy, { recursive: true });
  spawnSync('chmod', ['-R', 'a-w', copy]);
  chmodSync(join(reader.path, '..'), 0o755);
  chmodSync(join(writer.path, '..'), 0o755);
});
afterEach(() => void spawnSync('umount', ['-l', mounted]));
afterAll(() => {
  reader.remove();
  writer.remove();
  rmSync(root, { recursive: true, force: true });
});

function snapshot(of: string): string[] {
  const names = readdirSync(of, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => `${name} ${statSync(join(of, name)).size} ${statSync(join(of, name)).mtimeMs}`);
}

test.skipIf(!isRoot)('case 40: another user reads a log without write bits and changes nothing', async () => {
  const before = snapshot(copy);
  const program = reader.start([copy, '300'], NOBODY);
  expect(await program.line()).toBe('reading');
  expect(await program.line()).toBe('read 300');
  await program.kill();
  const refused = writer.start([copy], NOBODY);
  expect(await refused.line()).toMatch(
    new RegExp(`^Connection .*${JSON.stringify(copy)} failed \\(EACCES\\): permission`),
  );
  await refused.kill();
  expect(snapshot(copy)).toEqual(before);
});

test.skipIf(!isRoot)('case 40: a reader on a read-only mount follows a writer outside', async () => {
  mkdirSync(mounted);
  const bind = spawnSync('mount', ['--bind', folder, mounted]);
  if (bind.status !== 0) return;
  spawnSync('mount', ['-o', 'remount,ro,bind', mounted]);
  const program = reader.start([mounted, '400'], NOBODY);
  expect(await program.line()).toBe('reading');
  const bus = (await EventBus.create({ adapter: log(folder, { segmentBytes: 4096 }), shards: 2 })) as EventBus;
  for (let n = 0; n < 100; n += 1) bus.ingest({ n });
  await bus.shutdown();
  expect(await program.line()).toBe('read 400');
  await program.kill();
  const refused = writer.start([mounted]);
  expect(await refused.line()).toMatch(/^Connection .*\(EROFS\): the file system is read-only/);
  await refused.kill();
});

test.skipIf(!isRoot)('case 40: a segment that may not be read is named', async () => {
  const hidden = join(root, 'hidden');
  cpSync(copy, hidden, { recursive: true });
  const name = readdirSync(join(hidden, 'shard-0')).filter((each) => each.endsWith('.seg'))[1] as string;
  chmodSync(join(hidden, 'shard-0', name), 0);
  const program = reader.start([hidden, '300'], NOBODY);
  const lines = [await program.line(), await program.line()].filter((line) => line !== 'reading');
  expect(lines[0]).toContain(`${JSON.stringify(join(hidden, 'shard-0', name))} failed (EACCES): permission is denied`);
  await program.kill();
});

test('case 40: reading a path that does not exist is an error and creates nothing', async () => {
  const missing = join(root, 'missing');
  await expect(EventBus.create({ adapter: log(missing, { readOnly: true }) })).rejects.toThrow(JSON.stringify(missing));
  expect(existsSync(missing)).toBe(false);
});
