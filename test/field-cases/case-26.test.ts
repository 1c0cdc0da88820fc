// Field case 26: the last words of a process. Exit codes stay, and what was accepted and not delivered is told.
import { expect, test } from 'vitest';
import { type ProcessEnd, runInOwnProcess } from '../support/own-process.ts';

const SETUP = `
  import { EventBus } from './src/index.ts';
  let taken = 0;
  const adapter = {
    name: 'counting', capabilities: {},
    init: async () => ({ storeId: 'counting' }),
    onBatch: async (batch) => { taken += batch.count; },
    pollShard: async () => ({ records: [], next: undefined, hasMore: false }),
    tail: async () => undefined, flush: async () => undefined, shutdown: async () => undefined,
  };
  const bus = await EventBus.create({ adapter: { kind: 'counting', create: () => adapter }, backpressure: 'MODE' });
  const many = () => { for (let n = 0; n < 10000; n += 1) bus.ingest({ n }); };
`;

function run(code: string, mode = 'drop-newest'): Promise<ProcessEnd> {
  return runInOwnProcess(SETUP.replace('MODE', mode) + code);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('meshbus:'));
}

test('case 26a after a shutdown an exit handler gets a plain ShuttingDown error', async () => {
  const end = await run(`
    await bus.shutdown();
    process.on('exit', () => {
      try { bus.ingest('bye'); } catch (error) { console.log(error.name, error.kind, bus.tryIngest('bye')); }
    });
  `);
  expect(end).toEqual({ code: 0, stderr: '', stdout: 'IngestionError ShuttingDown shutting-down\n' });
});

test.each(['drop-newest', 'block'])(
  'case 26a without one, what an exit handler ingests is told to be lost, mode %s',
  async (mode) => {
    const end = await run("process.exitCode = 4; process.on('exit', () => bus.ingest('bye'));", mode);
    expect(end.code).toBe(4);
    expect(linesOf(end.stderr)).toEqual([expect.stringContaining('1 accepted event')]);
  },
);

test('case 26b process.exit right after ingest keeps its code, and one line tells what was not delivered', async () => {
  const end = await run('many(); process.exit(3);');
  expect(end.code).toBe(3);
  expect(linesOf(end.stderr)).toEqual([expect.stringContaining('10000 accepted events not delivered')]);
});

test('case 26c an error that ends the process keeps its code and message, and one line tells what was not delivered', async () => {
  const end = await run("many(); throw new Error('the application failed');");
  expect(end.code).toBe(1);
  expect(end.stderr).toContain('the application failed');
  expect(linesOf(end.stderr)).toEqual([expect.stringContaining('10000 accepted events not delivered')]);
});

test("case 26d what is ingested inside 'beforeExit' is delivered, and 'beforeExit' comes but once more", async () => {
  const end = await run(`
    let times = 0;
    process.on('beforeExit', () => { times += 1; if (times === 1) bus.ingest('last words'); });
    process.on('exit', () => console.log(taken, times, bus.stats.eventsPending));
  `);
  expect(end).toEqual({ code: 0, stderr: '', stdout: '1 2 0\n' });
});

test('case 26d what is ingested inside an uncaughtException handler is delivered', async () => {
  const end = await run(`
    process.on('uncaughtException', (error) => { bus.ingest({ fatal: error.message }); process.exitCode = 7; });
    process.on('exit', () => console.log(taken));
    setTimeout(() => { throw new Error('boom'); }, 5);
  `);
  expect(end).toEqual({ code: 7, stderr: '', stdout: '1\n' });
});

test('case 26d a SIGTERM handler that ingests and awaits shutdown delivers all', async () => {
  const end = await run(`
    process.on('SIGTERM', async () => {
      many();
      bus.ingest('terminated');
      const account = await bus.shutdown();
      console.log(taken, account.eventsDispatched);
      process.exit(0);
    });
    setInterval(() => undefined, 1000);
    process.kill(process.pid, 'SIGTERM');
  `);
  expect(end).toEqual({ code: 0, stderr: '', stdout: '10001 10001\n' });
});
