// Field case 22 (b): Block ingests that nobody awaits. Their rejection ends no process, and what was accepted arrives.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../support/own-process.ts';

const PROGRAM = `
  import { EventBus, memory } from './src/index.ts';
  const store = memory();
  const create = () => {
    const adapter = store.create();
    const onBatch = adapter.onBatch.bind(adapter);
    adapter.onBatch = async (batch, options) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return onBatch(batch, options);
    };
    return adapter;
  };
  const bus = await EventBus.create({
    backpressure: 'block', ringCapacity: 4, shards: 1, adapter: { kind: 'slow', create }, ...OPTIONS,
  });
  for (let n = 0; n < 100; n += 1) bus.ingest({ n });
  END
`;

function program(options: string, end: string): string {
  return PROGRAM.replace('OPTIONS', options).replace('END', end);
}

const TELL = `
  const { eventsIngested, eventsDispatched, eventsDropped, eventsWaiting, rejectedByOutcome } = bus.stats;
  console.log(JSON.stringify({ eventsIngested, eventsDispatched, eventsDropped, eventsWaiting,
    refused: rejectedByOutcome['shutting-down'] }));
`;

test('case 22b I5 un-awaited Block ingests end no process: shutdown delivers what was accepted and counts the rest', async () => {
  const end = await runInOwnProcess(program('{}', `await bus.shutdown(); ${TELL}`));
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(end.stdout)).toEqual({
    eventsIngested: 4,
    eventsDispatched: 4,
    eventsDropped: 0,
    eventsWaiting: 0,
    refused: 96,
  });
});

test('case 22b I5 refusals of every kind that nobody awaits end no process', async () => {
  const hostile = `
    bus.ingest(1n); bus.ingestRaw('\\ud800'); bus.ingestRaw('x'.repeat(2000)); bus.ingest(1, { signal: AbortSignal.abort() });
    bus.ingestBatch(5); bus.ingest(1, { signal: { addEventListener() { throw new Error('none'); } } });
    const controller = new AbortController();
    bus.ingest('aborted', { signal: controller.signal });
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await bus.shutdown(); bus.ingest(1); ${TELL}`;
  const end = await runInOwnProcess(program('{ maxWaitingBytes: 1000, maxEventBytes: 1000 }', hostile));
  expect(end).toMatchObject({ code: 0, stderr: '' });
  const { eventsIngested, eventsDispatched, eventsDropped } = JSON.parse(end.stdout);
  expect(eventsIngested).toBeGreaterThanOrEqual(4);
  expect([eventsDispatched, eventsDropped]).toEqual([eventsIngested, 0]);
});

test('case 22b a process that ends in the middle of it says how many accepted events were not delivered', async () => {
  const end = await runInOwnProcess(program('{}', 'setTimeout(() => process.exit(0), 50);'));
  expect(end.code).toBe(0);
  expect(end.stderr).toMatch(/^meshbus: the process ends with 8 accepted events not delivered/);
  expect(end.stderr.trim().split('\n')).toHaveLength(1);
});
