// The guard against adapters that hang, throw what they must not, or settle too late.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { Adapter, AdapterContext, ShardQuery } from '../../../src/adapter/contract.ts';
import { AdapterGuard, asAdapterError } from '../../../src/adapter/guard.ts';
import { memory } from '../../../src/adapters/memory/index.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { PositionError } from '../../../src/errors/position-error.ts';
import {
  BatchMaker,
  type FaultyCall,
  type FaultyFactory,
  fault,
  faulty,
  ManualEnvironment,
} from '../../../src/testing/index.ts';

const TIMEOUT_MS = 5000;
const context: AdapterContext = { producer: 'p', now: () => 0n, report: () => undefined };
const { signal } = new AbortController();
const query: ShardQuery = { after: undefined, limit: 10, maxBytes: 1000, signal };

interface Guarded {
  readonly environment: ManualEnvironment;
  readonly factory: FaultyFactory;
  readonly guard: AdapterGuard;
}

function guarded(factory = faulty(memory())): Guarded {
  const environment = new ManualEnvironment();
  return { environment, factory, guard: new AdapterGuard(factory.create(), { timeoutMs: TIMEOUT_MS, environment }) };
}

function around(adapter: Partial<Adapter>): AdapterGuard {
  const whole = Object.assign(memory().create(), adapter);
  return new AdapterGuard(whole, { timeoutMs: TIMEOUT_MS, environment: new ManualEnvironment() });
}

/** What a promise came to, for comparing without waiting on one that may never settle. */
function outcome(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const settled: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => Object.assign(settled, { value }),
    (error) => Object.assign(settled, { error }),
  );
  return settled;
}

const CALLS: readonly (readonly [FaultyCall, string, (guard: AdapterGuard) => Promise<unknown>])[] = [
  ['init', 'Connection', (guard) => guard.init(context)],
  ['pollShard', 'Transient', (guard) => guard.pollShard(0, query)],
  ['tail', 'Transient', (guard) => guard.tail(0, signal)],
  ['seek', 'Transient', (guard) => guard.seek(0, 1n, signal)],
  ['flush', 'Transient', (guard) => guard.flush()],
  ['prepareShard', 'Transient', (guard) => guard.prepareShard(0)],
  ['sealShard', 'Transient', (guard) => guard.sealShard(0)],
  ['listShards', 'Transient', (guard) => guard.listShards()],
  ['shutdown', 'Transient', (guard) => guard.shutdown(TIMEOUT_MS)],
];

/** The contract gives these no signal. */
const WITHOUT_SIGNAL: readonly FaultyCall[] = ['init', 'prepareShard', 'sealShard', 'listShards'];

for (const [call, kind, run] of CALLS) {
  for (const deaf of WITHOUT_SIGNAL.includes(call) ? [true] : [false, true]) {
    test(`${call} that hangs, ${deaf ? 'deaf to' : 'hearing'} its signal, ends as ${kind} at the time-out`, async () => {
      const { environment, factory, guard } = guarded();
      if (call !== 'init') await guard.init(context);
      factory.faults[call] = fault.hang({ deaf });
      const result = outcome(run(guard));
      await environment.advance(TIMEOUT_MS - 1);
      expect(result).toEqual({});
      await environment.advance(1);
      expect(result.error).toBeInstanceOf(AdapterError);
      expect(result.error).toMatchObject({ kind, message: `memory ${call} did not settle within ${TIMEOUT_MS} ms` });
      expect(factory.faults.held(call)).toBe(deaf ? 1 : 0);
      factory.faults.release();
      await environment.turn();
      expect(environment.waiting).toBe(0);
    });
  }
}

test('onBatch is left to its lane: it hears the signal of the lane and has no time-out here', async () => {
  const { environment, factory, guard } = guarded();
  await guard.init(context);
  factory.faults.onBatch = fault.hang();
  const lane = new AbortController();
  const result = outcome(guard.onBatch(new BatchMaker().batch(0, ['one']), lane.signal));
  await environment.advance(10 * TIMEOUT_MS);
  expect(result).toEqual({});
  lane.abort(new AdapterError('Transient', 'the lane waited long enough'));
  await environment.turn();
  expect(result.error).toBe(lane.signal.reason);
});

test('maps what is no AdapterError to Fatal with its cause, whether thrown or rejected', async () => {
  const causes: unknown[] = [new TypeError('oops'), 'text', undefined, null, Symbol('s'), Object.create(null)];
  for (const cause of causes) {
    const guard = around({
      flush: () => Promise.reject(cause),
      tail: () => {
        throw cause;
      },
      onBatch: () => {
        throw cause;
      },
    });
    await guard.init(context);
    const batch = new BatchMaker().batch(0, ['one']);
    for (const run of [guard.flush(), guard.tail(0, signal), guard.onBatch(batch, signal)]) {
      const error = await run.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AdapterError);
      expect(error).toMatchObject({ kind: 'Fatal' });
      expect((error as AdapterError).cause).toBe(cause);
    }
  }
});

test('G2 a foreign error that quotes an address is told without its user and password', () => {
  const told = (text: string): string => asAdapterError(new Error(text), 'kafka flush').message;
  for (const user of ['user:secret', 'user:sec@ret', 'user:sec/ret', ':secret', 'secret']) {
    expect(told(`no answer of kafka://${user}@host:9092/topic, given up`)).toMatch(
      /kafka:\/\/\*\*\*@host:9092\/topic, given/,
    );
  }
  expect(told('redis://a:secret@one and redis://b:secret@two')).toMatch(
    /redis:\/\/\*\*\*@one and redis:\/\/\*\*\*@two$/,
  );
  expect(asAdapterError('amqp://a:secret@one', 'x').message).not.toContain('secret');
  for (const harmless of ['http://host:80/a@b', 'https://host/@scope/name', 'mail a@b']) {
    expect(told(harmless)).toContain(harmless);
  }
});

test('passes AdapterError and PositionError on as they are', async () => {
  const { factory, guard } = guarded();
  await guard.init(context);
  factory.faults.flush = fault.fail('Backpressure');
  await expect(guard.flush()).rejects.toMatchObject({ code: 'EBUS_ADAPTER_BACKPRESSURE' });
  await expect(guard.pollShard(0, { ...query, after: 'nonsense' })).rejects.toBeInstanceOf(PositionError);
});

test('refuses a page without records as Fatal', async () => {
  for (const page of [undefined, null, {}, 'page']) {
    const guard = around({ pollShard: async () => page as never });
    await guard.init(context);
    await expect(guard.pollShard(0, query)).rejects.toMatchObject({ kind: 'Fatal' });
  }
});

test('an adapter that opens after its time-out is closed again, so that the next one can open', async () => {
  const { environment, factory, guard } = guarded();
  factory.faults.init = fault.once(fault.hang({ deaf: true }));
  const result = outcome(guard.init(context));
  await environment.advance(TIMEOUT_MS);
  expect(result.error).toMatchObject({ kind: 'Connection' });
  await guard.shutdown(TIMEOUT_MS);
  expect(factory.faults.count('shutdown')).toBe(0);
  factory.faults.release('init');
  await environment.turn();
  expect(factory.faults.count('shutdown')).toBe(1);
  await expect(guarded(factory).guard.init(context)).resolves.toHaveProperty('storeId');
});

test('F3 after shutdown no call reaches the adapter, and each rejects as Shutdown', async () => {
  const { factory, guard } = guarded();
  await guard.init(context);
  await guard.shutdown(TIMEOUT_MS);
  const calls: string[] = [];
  factory.faults.onCall = ({ call }) => calls.push(call);
  const batch = new BatchMaker().batch(0, ['one']);
  for (const [call, , run] of CALLS) {
    if (call !== 'shutdown') await expect(run(guard)).rejects.toMatchObject({ kind: 'Shutdown' });
  }
  await expect(guard.onBatch(batch, signal)).rejects.toMatchObject({ kind: 'Shutdown' });
  guard.watch(() => undefined, context.report)();
  expect(calls).toEqual([]);
  expect(factory.faults.watchers).toBe(0);
});

test('F2 shutdown is called once, and every caller gets its outcome', async () => {
  const { factory, guard } = guarded();
  await guard.init(context);
  factory.faults.shutdown = fault.fail('Connection');
  const results = await Promise.allSettled([guard.shutdown(10), guard.shutdown(20), guard.shutdown(30)]);
  expect(results.map((each) => each.status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(factory.faults.count('shutdown')).toBe(1);
});

test('shutdown ends the calls that are under way as Shutdown', async () => {
  const { environment, factory, guard } = guarded();
  await guard.init(context);
  factory.faults.pollShard = fault.hang();
  factory.faults.flush = fault.hang({ deaf: true });
  const results = [outcome(guard.pollShard(0, query)), outcome(guard.flush())];
  await guard.shutdown(TIMEOUT_MS);
  await environment.turn();
  expect(results.map((each) => (each.error as AdapterError).kind)).toEqual(['Shutdown', 'Shutdown']);
  expect(environment.waiting).toBe(0);
});

test('an aborted caller gets its own reason at once, and the adapter sees the abort', async () => {
  const { environment, factory, guard } = guarded();
  await guard.init(context);
  const signals: (AbortSignal | undefined)[] = [];
  factory.faults.onCall = (entry) => signals.push(entry.signal);
  factory.faults.pollShard = fault.hang({ deaf: true });
  const caller = new AbortController();
  const result = outcome(guard.pollShard(0, { ...query, signal: caller.signal }));
  caller.abort('enough');
  await environment.turn();
  expect(result.error).toBe('enough');
  expect(signals[0]?.aborted).toBe(true);
  await expect(guard.pollShard(0, { ...query, signal: caller.signal })).rejects.toBe('enough');
  expect(signals).toHaveLength(1);
});

test('leaves no listener on a long-lived signal, and 300 calls at once warn of nothing', async () => {
  const { environment, factory, guard } = guarded();
  await guard.init(context);
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  const caller = new AbortController();
  factory.faults.pollShard = fault.hang();
  const calls = Array.from({ length: 300 }, (_, shard) => guard.pollShard(shard, { ...query, signal: caller.signal }));
  factory.faults.release();
  await Promise.all(calls);
  await environment.turn();
  process.off('warning', onWarning);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  expect(warnings).toEqual([]);
});
