// The hook that takes what is dropped after it has left its ring.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import type { Batch } from '../../../src/adapter/contract.ts';
import type { FindingMessage } from '../../../src/bus/announcer.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { feed, openBus, TIMEOUT_MS, watch } from '../../support/open-bus.ts';

const FATAL = new AdapterError('Fatal', 'never');

async function findingsOf(run: () => Promise<void>): Promise<FindingMessage[]> {
  const findings: FindingMessage[] = [];
  const hear = (message: unknown): void => void findings.push(message as FindingMessage);
  subscribe('meshbus:finding', hear);
  try {
    await run();
  } finally {
    unsubscribe('meshbus:finding', hear);
  }
  return findings;
}

test('A4 the hook gets the whole batch and why it was dropped', async () => {
  const letters: [Batch, AdapterError][] = [];
  const open = await openBus({ onDeadLetter: (batch, error) => letters.push([batch, error]) });
  await feed(open, 3);
  open.adapter.last.fail(FATAL);
  await open.environment.turn();
  expect(letters).toHaveLength(1);
  expect(letters[0]?.[0]).toBe(open.adapter.last.batch);
  expect(letters[0]?.[1]).toBe(FATAL);
});

test('A4 the lane awaits the hook, and no longer than adapterTimeoutMs', async () => {
  const open = await openBus({
    batch: { maxEvents: 2, maxDelayMs: 0 },
    onDeadLetter: () => new Promise(() => undefined),
  });
  const findings = await findingsOf(async () => {
    await feed(open, 3);
    open.adapter.last.fail(FATAL);
    await open.environment.advance(TIMEOUT_MS - 1);
    expect(open.adapter.calls).toHaveLength(1);
    expect(open.bus.stats.toJSON()).toMatchObject({ eventsDropped: 2, eventsPending: 1 });
    await open.environment.advance(1);
    expect(open.adapter.calls).toHaveLength(2);
  });
  expect(findings).toMatchObject([{ kind: 'dead-letter-failed', shard: 0 }]);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no disk');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no disk'))],
])('A4 a hook that %s is reported, and the batch stays dropped', async (_, onDeadLetter) => {
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 }, onDeadLetter });
  const findings = await findingsOf(async () => {
    await feed(open, 3);
    open.adapter.last.fail(FATAL);
    await open.environment.turn();
  });
  expect(findings).toMatchObject([{ kind: 'dead-letter-failed', shard: 0, cause: { message: 'no disk' } }]);
  expect(open.bus.stats.droppedByReason['adapter-rejected']).toBe(2);
  expect(open.adapter.calls).toHaveLength(2);
});

test('A4 the hook may ingest what it got', async () => {
  const open = await openBus({
    onDeadLetter: (batch) => {
      for (const event of batch) open.bus.ingestRaw(event.bytes);
    },
  });
  await feed(open, 3);
  open.adapter.last.fail(FATAL);
  await open.environment.turn();
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.bus.stats.toJSON()).toMatchObject({
    eventsIngested: 6,
    eventsDispatched: 3,
    eventsDropped: 3,
    eventsPending: 0,
  });
});

test('A4 a hook that waits for a flush of its own lane is given up, and nothing hangs', async () => {
  const open = await openBus({ batch: { maxEvents: 2, maxDelayMs: 0 }, onDeadLetter: () => open.bus.flush() });
  await feed(open, 3);
  open.adapter.last.fail(FATAL);
  await open.environment.advance(TIMEOUT_MS);
  open.adapter.last.take();
  await open.environment.turn();
  expect(open.bus.stats.toJSON()).toMatchObject({ eventsDispatched: 1, eventsDropped: 2, eventsPending: 0 });
});

test('A4 F2 a hook that awaits shutdown does not hold it up beyond its time-out', async () => {
  const open = await openBus({ onDeadLetter: () => open.bus.shutdown() });
  await feed(open, 2);
  open.adapter.last.fail(FATAL);
  await open.environment.turn();
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(TIMEOUT_MS);
  expect(shut.value).toMatchObject({ eventsDropped: 2, eventsPending: 0, shutdownWasLossy: false });
});

test('A4 shutdown awaits the hook for what it strands', async () => {
  let finish: () => void = () => undefined;
  const reasons: string[] = [];
  const open = await openBus({
    shutdownTimeoutMs: 30,
    onDeadLetter: (_, { kind }) => {
      reasons.push(kind);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  await feed(open, 2);
  const shut = watch(open.bus.shutdown());
  await open.environment.advance(60);
  expect(reasons).toEqual(['Shutdown']);
  expect(shut.settled).toBe(false);
  finish();
  await open.environment.turn();
  expect(shut.error).toMatchObject({ kind: 'Fatal', counts: { dropped: { stranded: 2 } } });
});
