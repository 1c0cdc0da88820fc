// `ingest` over stores that are slow, refuse, or take nothing at all: the account stays true, and a stop is bounded.
import { describe, expect, test } from 'vitest';
import { memory } from '../../../src/index.ts';
import { fault, faulty, within } from '../../../src/testing/index.ts';
import { runInProcess, testScheme } from '../../support/cli-host.ts';

const LINE = `${JSON.stringify({ text: 'x'.repeat(980) })}\n`;
const WORDS = ['ingest', '--to', 'test:', '--json', '--shards', '1'];

describe('stdin', () => {
  const note = 'meshbus: reading stdin, a terminal: end it with Ctrl-D\n';

  test.each([[[]], [['-']]])('that is a terminal is told of, with its end: %j', async (files) => {
    const read = { stdin: [LINE], terminal: true };
    const { code, stderr } = await runInProcess([...WORDS, ...files], testScheme(memory()), read);
    expect(code).toBe(0);
    expect(stderr.startsWith(note)).toBe(true);
  });

  test('that is a pipe, or a terminal beside a file, is not', async () => {
    expect((await runInProcess(WORDS, testScheme(memory()), { stdin: [LINE] })).stderr).not.toContain(note);
    const files = [...WORDS, 'examples/data/tokens.ndjson'];
    expect((await runInProcess(files, testScheme(memory()), { terminal: true })).stderr).not.toContain(note);
  });
});

test('a file that is ingested twice is stored twice', async () => {
  const adapter = testScheme(memory());
  for (const _ of [1, 2]) await runInProcess(WORDS, adapter, { stdin: [LINE] });
  const { stdout } = await runInProcess(['poll', '--from', 'test:'], adapter);
  expect(stdout).toBe(LINE.repeat(2));
});

test('a number is the key that JavaScript writes: 1.0 is 1, digits beyond 2^53 are lost', async () => {
  const adapter = testScheme(memory());
  const stdin = ['{"id":1.0}\n{"id":9007199254740993}\n'];
  await runInProcess([...WORDS, '--key', 'id'], adapter, { stdin });
  const { stdout } = await runInProcess(['poll', '--from', 'test:', '--envelope'], adapter);
  expect(Array.from(stdout.matchAll(/"key":("[^"]*")/g), ([, key]) => key)).toEqual(['"1"', '"9007199254740992"']);
});

describe('a store', () => {
  test('that is slow slows the reading down, and loses nothing', async () => {
    const store = faulty(memory());
    store.faults.onBatch = fault.slow(2);
    const stdin = Array.from({ length: 200 }, () => LINE.repeat(200));
    const { code, stdout, stderr } = await runInProcess(WORDS, testScheme(store), { stdin });
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ stored: 40_000, notStored: 0 })]);
    expect(stderr).toMatch(/^40,000 lines: 40,000 stored, 0 bad \(/);
  });

  test('A1 that refuses for good ends the reading, and the account says how many are not stored', async () => {
    const store = faulty(memory());
    store.faults.onBatch = (nth) => (nth < 3 ? undefined : fault.fail('Fatal'));
    const { code, stdout, stderr } = await runInProcess(WORDS, testScheme(store), {
      stdin: Array.from({ length: 400 }, () => LINE.repeat(200)),
    });
    const account = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(account.lines).toBeLessThan(80_000);
    expect(account.notStored).toBe(account.dropped['adapter-rejected']);
    expect(account.stored + account.notStored).toBe(account.lines);
    expect(stderr).toContain('test: refused');
    expect(stderr).toContain('NOT stored');
  });

  test('whose last flush fails makes the exit code 1', async () => {
    const store = faulty(memory());
    store.faults.flush = fault.fail('Fatal');
    const { code, stderr } = await runInProcess(WORDS, testScheme(store), { stdin: [LINE] });
    expect(code).toBe(1);
    expect(stderr.match(/^meshbus: /gm)).toHaveLength(1);
  });

  test('that cannot be opened is told, and nothing is read', async () => {
    const store = faulty(memory());
    store.faults.init = fault.fail('Connection');
    const { code, stdout, stderr } = await runInProcess(WORDS, testScheme(store), { stdin: [LINE] });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^meshbus: /);
  });

  test('that takes nothing for a while is told of once, and waited for', async () => {
    const store = faulty(memory());
    const until = Date.now() + 3500;
    store.faults.onBatch = () => (Date.now() < until ? fault.fail('Backpressure') : undefined);
    const { code, stderr } = await runInProcess(WORDS, testScheme(store), { stdin: [LINE] });
    expect(code).toBe(0);
    expect(stderr.match(/takes no events for now/g)).toHaveLength(1);
  });
});

test('a stop while a full ring waits ends the waiting; what was not accepted was not read', async () => {
  const store = faulty(memory());
  store.faults.onBatch = fault.hang();
  const stop = new AbortController();
  const stdin = Array.from({ length: 400 }, () => LINE.repeat(200));
  const running = runInProcess(WORDS, testScheme(store), { stdin, stop: stop.signal });
  while (store.faults.held('onBatch') === 0) await new Promise(setImmediate);
  stop.abort(130);
  await new Promise(setImmediate);
  store.faults.onBatch = undefined;
  store.faults.release();
  const { code, stdout } = await within(10_000, running);
  const account = JSON.parse(stdout);
  expect(code).toBe(130);
  expect(account.lines).toBeLessThan(80_000);
  expect(account).toMatchObject({ stored: account.lines, notStored: 0, bad: 0 });
});
