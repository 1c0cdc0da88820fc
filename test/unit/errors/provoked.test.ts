// Every error code as a user meets it: provoked from outside, never constructed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode, EventBus, EventBusError, memory, noop, RawEvent } from '../../../src/index.ts';
import { BatchMaker, type FaultPlan, fault, faulty, ManualEnvironment, within } from '../../../src/testing/index.ts';
import { runInOwnProcess } from '../../support/own-process.ts';

const later = AbortSignal.timeout(60_000);

/** Ingests into one ring of one event, whose lane hangs on an earlier event, until the bus refuses. */
async function overfill(backpressure: 'drop-newest' | { sample: number }): Promise<unknown> {
  const adapter = faulty(memory());
  adapter.faults.onBatch = fault.hang();
  const bus = await EventBus.create({ shards: 1, ringCapacity: 1, backpressure, adapter });
  return closing(bus, async () => {
    try {
      bus.ingest(0);
      await within(5000, () => adapter.faults.held() === 1);
      bus.ingest(1);
      bus.ingest(2);
    } finally {
      adapter.faults.onBatch = undefined;
      adapter.faults.release();
    }
  });
}

/** Ingests to a shard whose adapter call stays out long after its time-out. */
async function ingestBehindWedgedLane(): Promise<unknown> {
  const environment = new ManualEnvironment();
  const adapter = faulty(memory());
  adapter.faults.onBatch = fault.hang({ deaf: true });
  const bus = await EventBus.create({ shards: 1, adapter, adapterTimeoutMs: 10 }, { environment });
  try {
    bus.ingest(0);
    await environment.until(() => adapter.faults.held() === 1);
    await environment.advance(100);
    return bus.ingest(1);
  } finally {
    adapter.faults.release();
    const end = bus.shutdown();
    await environment.advance(100);
    await end;
  }
}

async function closing<T extends EventBus>(bus: T, use: (bus: T) => unknown): Promise<unknown> {
  try {
    return await use(bus);
  } finally {
    await bus.shutdown();
  }
}

/** Dispatches one event into an adapter whose batches fail so. */
async function dispatchInto(plan: FaultPlan): Promise<unknown> {
  const adapter = faulty(memory());
  adapter.faults.onBatch = plan;
  return closing(await EventBus.create({ adapter, retry: { attempts: 1 } }), async (bus) => {
    bus.ingest(1);
    let lost: unknown;
    await bus.flush().catch((error) => {
      lost = error.cause ?? error;
    });
    throw lost;
  });
}

async function pollWith(request: Record<string, unknown>): Promise<unknown> {
  return closing(await EventBus.create({ adapter: memory() }), (bus) => bus.poll(request as never));
}

async function missingFolder(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-errors-'));
  try {
    return await EventBus.create({ producerNoncePath: join(folder, 'missing', 'nonce') });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function shutDown(): Promise<EventBus> {
  const bus = await EventBus.create({});
  await bus.shutdown();
  return bus;
}

const PROVOKED: Partial<Record<ErrorCode, () => unknown>> = {
  EBUS_CONFIG_INVALID: () => EventBus.create({ shards: 0 }),
  EBUS_CONFIG_NONCE: missingFolder,
  EBUS_BACKPRESSURE: () => overfill('drop-newest'),
  EBUS_SAMPLED: () => overfill({ sample: 10 }),
  EBUS_UNROUTED: ingestBehindWedgedLane,
  EBUS_SHUTTING_DOWN: async () => (await shutDown()).ingest(1),
  EBUS_SERIALIZATION: () => RawEvent.fromBytesValidated(Buffer.from('{')),
  EBUS_TOO_LARGE: async () =>
    closing(await EventBus.create({ maxEventBytes: 10 }), (bus) => bus.ingestRaw('12345678901')),
  EBUS_CONSUMER_ADAPTER: async () => (await shutDown()).poll({ limit: 1 }),
  EBUS_INVALID_CURSOR: () => pollWith({ limit: 1, from: 'damaged' }),
  EBUS_INVALID_FILTER: () => pollWith({ limit: 1, filter: { $xor: [] } }),
  EBUS_INVALID_REQUEST: () => pollWith({ limit: -1 }),
  EBUS_ADAPTER_TRANSIENT: () => dispatchInto(fault.fail('Transient')),
  EBUS_ADAPTER_BACKPRESSURE: () => dispatchInto(fault.fail('Backpressure')),
  EBUS_ADAPTER_FATAL: () => dispatchInto(fault.fail(() => new TypeError('x is not a function'))),
  EBUS_ADAPTER_SERIALIZATION: () => dispatchInto(fault.fail('Serialization')),
  EBUS_ADAPTER_SHUTDOWN: async () => {
    const adapter = memory().create();
    await adapter.onBatch(new BatchMaker().batch(0, ['too early']), { signal: later });
  },
  EBUS_ADAPTER_CONNECTION: async () => {
    const store = memory();
    await closing(await EventBus.create({ adapter: store }), () => EventBus.create({ adapter: store }));
  },
  EBUS_POSITION: () => noop().create().pollShard(0, { after: 'x', limit: 1, maxBytes: 1, signal: later }),
};

test.each(Object.entries(PROVOKED))('%s is what a user meets', async (code, provoke) => {
  const error = await Promise.resolve()
    .then(provoke)
    .then(
      () => undefined,
      (thrown) => thrown,
    );
  expect(error).toBeInstanceOf(EventBusError);
  expect(error.code).toBe(code);
  expect(error.kind).toBe(ERROR_CODES[code as ErrorCode].kind);
  expect(error.message.length).toBeGreaterThan(10);
});

const TELL = `
  import { EventBus } from './src/index.ts';
  try {
    const bus = await EventBus.create({ shards: 64 });
    await bus.shutdown();
    console.log('works');
  } catch (error) {
    console.log(error.code, error.message);
  }`;

test('EBUS_CONFIG_RUNTIME is what a process without WebAssembly meets', async () => {
  const { code, stdout, stderr } = await runInOwnProcess(TELL, { nodeArguments: ['--jitless'] });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^EBUS_CONFIG_RUNTIME .*--jitless/)]);
  expect(stderr).not.toContain('ReferenceError');
});

test.skipIf(process.platform !== 'linux')(
  'EBUS_CONFIG_MEMORY is what a host with little address space meets',
  async () => {
    const { code, stdout } = await runInOwnProcess(TELL, { before: 'ulimit -v 2097152' });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^EBUS_CONFIG_MEMORY .*(address space)/)]);
  },
);
