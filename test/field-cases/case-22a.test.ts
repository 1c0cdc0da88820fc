// Field case 22 (a): promises inside the library reject with nobody listening, and end the process.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../support/own-process.ts';

const PROGRAM = `
  import { AdapterError, EventBus, memory } from './src/index.ts';
  process.on('unhandledRejection', (reason) => {
    console.log('unhandled', reason);
    process.exit(99);
  });
  process.on('uncaughtException', (error) => {
    console.log('uncaught', error);
    process.exit(98);
  });
  const store = memory();
  const METHODS = ['onBatch', 'pollShard', 'tail', 'flush', 'shutdown', 'seek', 'listShards', 'sealShard', 'isHealthy'];
  let adapter;
  const create = () => {
    adapter = store.create();
    return adapter;
  };
  const bus = await EventBus.create({
    adapter: { kind: 'rejects', create },
    onDeadLetter: () => Promise.reject(new Error('no room for dead letters')),
    shutdownTimeoutMs: 200,
    ...OPTIONS,
  });
  for (const name of METHODS) adapter[name] = () => Promise.reject(failure(name));
  for (let n = 0; n < 1000; n += 1) void bus.ingest({ n });
  const waiting = (async () => {
    for await (const event of bus.subscribe()) console.log('got', event.id);
  })().catch((error) => 'ended by ' + error.kind);
  await bus.poll({ limit: 10 }).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await bus.shutdown().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { eventsDispatched, eventsDropped, eventsIngested, eventsPending, eventsRejected } = bus.stats;
  console.log(JSON.stringify({ eventsDispatched, eventsPending }));
  console.log(eventsDropped === eventsIngested, eventsIngested + eventsRejected);
`;

const FAILURES = {
  Transient: "(name) => new AdapterError('Transient', name)",
  Fatal: "(name) => new AdapterError('Fatal', name)",
  'no AdapterError': '() => undefined',
};

test.each(Object.entries(FAILURES))(
  'case 22a F2 an adapter whose methods all reject with %s ends no process, and loses nothing in silence',
  async (_, failure) => {
    for (const options of ['{}', "{ backpressure: 'block', ringCapacity: 16 }"]) {
      const code = PROGRAM.replace('OPTIONS', options).replace('failure(name)', `(${failure})(name)`);
      const end = await runInOwnProcess(code);
      expect(end).toEqual({
        code: 0,
        stderr: '',
        stdout: '{"eventsDispatched":0,"eventsPending":0}\ntrue 1000\n',
      });
    }
  },
);
