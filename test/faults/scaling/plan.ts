// What a random run is made of, drawn from its seed: options, the temper of the store, what comes next.
import type { Backpressure } from '../../../src/config/options.ts';
import { type Fault, fault } from '../../../src/testing/fault.ts';
import type { FaultyFactory } from '../../../src/testing/fault-adapter.ts';
import type { Chance } from '../account/plan.ts';

export const TIMEOUT_MS = 50;

const MODES: readonly Backpressure[] = ['block', 'drop-oldest', 'drop-newest', { sample: 2 }];

/** Options of a bus but for the adapter. */
export function drawOptions(chance: Chance) {
  return {
    shards: chance.pick([1, 2, 4]),
    backpressure: chance.pick(MODES),
    ringCapacity: chance.pick([2, 8, 64]),
    ringBytes: 4096,
    maxEventBytes: 256,
    batch: { maxEvents: chance.pick([1, 3, 50]), maxDelayMs: chance.pick([0, 1, 20]) },
    adapterTimeoutMs: TIMEOUT_MS,
    maxHoldMs: 1_000_000_000, // an order that waits as long as it must has no late events
    retry: { attempts: chance.pick(['unlimited', 'unlimited', 2] as const), baseDelayMs: 1, maxDelayMs: 20 },
    scaling: { drainTimeoutMs: chance.pick([5, 60, 1000]) },
    shutdownTimeoutMs: 200,
  };
}

function drawFault(chance: Chance): Fault {
  switch (chance.below(7)) {
    case 0:
      return fault.fail('Transient');
    case 1:
      return fault.failAfter('Transient');
    case 2:
      return fault.fail('Fatal');
    case 3:
      return fault.hang();
    case 4:
      return fault.hangAfter({ deaf: true });
    default:
      return fault.slow(1 + chance.below(30));
  }
}

/** Sets what the store does next: mostly its work. */
export function drawTemper(chance: Chance, { faults }: FaultyFactory): void {
  const share = chance.pick([0, 0, 0.1, 0.5, 1]);
  const some = (): Fault | undefined => (chance.next() < share ? drawFault(chance) : undefined);
  faults.onBatch = some;
  faults.prepareShard = chance.once(4) ? some : undefined;
  faults.sealShard = chance.once(4) ? some : undefined;
  faults.pollShard = chance.once(4) ? () => (chance.next() < share ? fault.fail('Transient') : undefined) : undefined;
}

/** The store does its work, and what hung goes on. */
export function calm({ faults }: FaultyFactory): void {
  faults.onBatch = undefined;
  faults.prepareShard = undefined;
  faults.sealShard = undefined;
  faults.pollShard = undefined;
  faults.release();
}
