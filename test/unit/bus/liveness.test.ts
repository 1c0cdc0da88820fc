// What keeps a process alive, and what it says when it ends all the same.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../../support/own-process.ts';

const IMPORTS = `
  import { EventBus, memory } from './src/index.ts';
`;

test('F3 an idle bus does not keep the process alive', async () => {
  const { code, stderr } = await runInOwnProcess(`${IMPORTS}
    const bus = await EventBus.create({ adapter: memory() });
    bus.ingest({ n: 1 });
    await bus.flush();
    process.on('exit', () => console.log(JSON.stringify(bus.stats)));
  `);
  expect([code, stderr]).toEqual([0, '']);
});

test('F3 pending events keep the process alive until they have met their end', async () => {
  const { code, stderr, stdout } = await runInOwnProcess(`${IMPORTS}
    let calls = 0;
    const store = memory();
    const create = () => {
      const adapter = store.create();
      const take = adapter.onBatch.bind(adapter);
      adapter.onBatch = async (batch, options) => {
        calls += 1;
        if (calls < 3) throw Object.assign(new (await import('./src/index.ts')).AdapterError('Transient', 'again'));
        await new Promise((resolve) => setTimeout(resolve, 50).unref());
        return take(batch, options);
      };
      return adapter;
    };
    const bus = await EventBus.create({ adapter: { kind: 'slow', create }, batch: { maxDelayMs: 30 }, shards: 1 });
    bus.ingest({ n: 1 });
    process.on('exit', () => console.log(calls, bus.stats.eventsDispatched, bus.stats.eventsPending));
  `);
  expect([code, stderr, stdout]).toEqual([0, '', '3 1 0\n']);
});

test('F3 a wedged lane keeps the process alive', async () => {
  const { code, stderr, stdout } = await runInOwnProcess(`${IMPORTS}
    const create = () => Object.assign(memory().create(), { onBatch: () => new Promise(() => {}) });
    const bus = await EventBus.create({ adapter: { kind: 'stuck', create }, adapterTimeoutMs: 10, shards: 1 });
    bus.ingest({ n: 1 });
    setTimeout(() => {
      console.log(bus.stats.shards[0].state);
      setTimeout(() => process.exit(5), 100).unref();
    }, 60);
  `);
  expect([code, stdout]).toEqual([5, 'wedged\n']);
  expect(stderr).toMatch(/1 accepted event not delivered/);
});

test('F2 after shutdown nothing is left that keeps the process alive', async () => {
  const { code, stderr, stdout } = await runInOwnProcess(`${IMPORTS}
    const create = () => Object.assign(memory().create(), { onBatch: () => new Promise(() => {}) });
    const options = { adapter: { kind: 'stuck', create }, adapterTimeoutMs: 20, shutdownTimeoutMs: 70, shards: 1 };
    const bus = await EventBus.create(options);
    bus.ingest({ n: 1 });
    await bus.shutdown().catch((error) => console.log(error.code, JSON.stringify(error.counts.dropped.stranded)));
    console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate').length);
  `);
  expect([code, stderr, stdout]).toEqual([0, '', 'EBUS_ADAPTER_FATAL 1\n0\n']);
});

test('A4 a process that ends with accepted events says how many on one line, over all buses', async () => {
  const { code, stderr } = await runInOwnProcess(`${IMPORTS}
    const buses = [await EventBus.create({}), await EventBus.create({})];
    for (const bus of buses) for (let n = 0; n < 500; n += 1) bus.ingest({ n });
    process.exit(3);
  `);
  expect(code).toBe(3);
  expect(stderr).toBe(
    'meshbus: the process ends with 1000 accepted events not delivered; await bus.shutdown() first.\n',
  );
});

test('A4 events that an exit listener ingests are told of, whether it was added before or after the bus', async () => {
  for (const order of ['before', 'after']) {
    const { code, stderr } = await runInOwnProcess(`${IMPORTS}
      let bus;
      const add = () => process.on('exit', () => bus.ingest('bye'));
      if ('${order}' === 'before') add();
      bus = await EventBus.create({});
      if ('${order}' === 'after') add();
    `);
    expect(code).toBe(0);
    expect(stderr).toBe('meshbus: the process ends with 1 accepted event not delivered; await bus.shutdown() first.\n');
  }
});

test('F1 flush under one long-lived signal by hundreds at once warns of nothing', async () => {
  const { code, stderr, stdout } = await runInOwnProcess(`${IMPORTS}
    import { getEventListeners } from 'node:events';
    const bus = await EventBus.create({ adapter: memory() });
    const { signal } = new AbortController();
    bus.ingest({ n: 1 });
    await Promise.all(Array.from({ length: 500 }, () => bus.flush({ signal })));
    console.log(getEventListeners(signal, 'abort').length);
  `);
  expect([code, stderr, stdout]).toEqual([0, '', '0\n']);
});
