// What a ScalingError tells: its code, the numbers as fields, and the same numbers in words.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ScalingError } from '../../../src/errors/scaling-error.ts';

const cause = new Error('no such table');

test.each([
  [
    ScalingError.atMaximum({ requested: 2, alive: 255, limit: 256 }),
    'EBUS_SCALING_AT_MAXIMUM',
    { requested: 2, alive: 255, limit: 256 },
    'Adding 2 shards to 255 passes the maximum of 256.',
  ],
  [
    ScalingError.belowMinimum({ requested: 1, alive: 1, limit: 1 }),
    'EBUS_SCALING_BELOW_MINIMUM',
    { requested: 1, alive: 1, limit: 1 },
    'Removing 1 shard of 1 passes the minimum of 1.',
  ],
  [
    ScalingError.unknownShard([7, 9]),
    'EBUS_SCALING_UNKNOWN_SHARD',
    { shards: [7, 9] },
    'This bus has no shards 7, 9: nothing was removed. stats.shards lists those it has.',
  ],
  [
    ScalingError.alreadyDraining([3]),
    'EBUS_SCALING_ALREADY_DRAINING',
    { shards: [3] },
    'Removed already: shard 3 is draining. Nothing else was removed.',
  ],
  [
    ScalingError.adapter('preparing', [4, 5], cause),
    'EBUS_SCALING_ADAPTER',
    { shards: [4, 5], cause },
    'The adapter failed when preparing shards 4, 5: no such table',
  ],
  [
    ScalingError.memory({ requested: 2, alive: 3, ringBytes: 1000, maxMemoryBytes: 4096 }),
    'EBUS_SCALING_MEMORY',
    { requested: 2, alive: 3, neededBytes: 5000, maxMemoryBytes: 4096 },
    'Adding 2 shards makes the rings take (3 + 2) × 1000 = 5000 bytes, over maxMemoryBytes of 4096.',
  ],
  [
    ScalingError.drainTimeout({ timeoutMs: 50, draining: [1, 2], gone: [6] }),
    'EBUS_SCALING_DRAIN_TIMEOUT',
    { timeoutMs: 50, draining: [1, 2], gone: [6] },
    'After 50 ms still draining: shards 1, 2, out of routing and to go when empty. Gone: shard 6.',
  ],
  [
    ScalingError.invalidRequest('count has to be a whole number from 1 to 256, not 0.'),
    'EBUS_SCALING_INVALID_REQUEST',
    {},
    'count has to be a whole number from 1 to 256, not 0.',
  ],
  [
    ScalingError.shuttingDown(),
    'EBUS_SCALING_SHUTTING_DOWN',
    {},
    'The bus is shutting down: its shards are not changed any more.',
  ],
])('%s has its code and its numbers', (error, code, figures, message) => {
  expect([error.code, error.message]).toEqual([code, message]);
  expect(error).toMatchObject(figures);
});

test('an error has no field that its kind does not have', () => {
  expect(Object.keys(ScalingError.shuttingDown()).sort()).toEqual(['code', 'kind']);
  expect(inspect(ScalingError.shuttingDown())).not.toContain('undefined');
});

test('the numbers are in its JSON, and its lists are its own', () => {
  const draining = [1, 2];
  const error = ScalingError.drainTimeout({ timeoutMs: 50, draining, gone: [] });
  draining.push(3);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'EBUS_SCALING_DRAIN_TIMEOUT',
    kind: 'DrainTimeout',
    timeoutMs: 50,
    draining: [1, 2],
    gone: [],
  });
  expect(error.message).toContain('None of the call is gone.');
  expect(Object.isFrozen(error.draining)).toBe(true);
});

test('a cause that is no error is told as it is', () => {
  expect(ScalingError.adapter('sealing', [1], 'nope').message).toBe('The adapter failed when sealing shard 1: nope');
});
