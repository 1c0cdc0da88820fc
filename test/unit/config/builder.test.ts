// The builder of the specification comes to the same configuration as plain options, in any copy of the package.
import { expect, expectTypeOf, test } from 'vitest';
import { AdapterConfig } from '../../../src/config/adapter-config.ts';
import { BackpressureMode } from '../../../src/config/backpressure-mode.ts';
import { BatchConfig } from '../../../src/config/batch-config.ts';
import { EventBusConfig, resolveConfig } from '../../../src/config/event-bus-config.ts';
import type { Backpressure, EventBusOptions } from '../../../src/config/options.ts';
import { OPTION_NAMES } from '../../../src/config/validate.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';
import { ScalingPolicy } from '../../../src/scaling/policy.ts';

const adapter = AdapterConfig.noop();
const onDeadLetter = (): void => undefined;
const ALL: Required<EventBusOptions> = {
  shards: 16,
  ringCapacity: 4096,
  batch: { maxEvents: 1024, maxDelayMs: 5, maxBytes: 4096 },
  backpressure: 'drop-oldest',
  adapter,
  scaling: {
    minShards: 2,
    maxShards: 16,
    automatic: true,
    cooldownMs: 9,
    drainTimeoutMs: 10,
    thresholds: { addFill: 0.6, addBusy: 0.7, removeFill: 0.1, removeBusy: 0.3, windowMs: 1000 },
  },
  producerNoncePath: '/var/lib/app/producer.nonce',
  ringBytes: 65_536,
  maxEventBytes: 1000,
  maxMemoryBytes: 1_048_576,
  maxWaitingBytes: 1,
  maxHoldMs: 2,
  maxClockDriftMs: 3,
  adapterTimeoutMs: 4,
  retry: { attempts: 5, baseDelayMs: 6, maxDelayMs: 7 },
  shutdownTimeoutMs: 8,
  onDeadLetter,
};

test('the builder comes to the same configuration as plain options', () => {
  const built = EventBusConfig.builder()
    .shards(16)
    .ringCapacity(4096)
    .batch(BatchConfig.default().maxEvents(1024).maxDelayMs(5).maxBytes(4096))
    .backpressure(BackpressureMode.DropOldest)
    .adapter(adapter)
    .scaling(
      ScalingPolicy.default()
        .minShards(2)
        .maxShards(16)
        .automatic(true)
        .cooldownMs(9)
        .drainTimeoutMs(10)
        .thresholds({ addFill: 0.6, addBusy: 0.7 })
        .thresholds({ removeFill: 0.1, removeBusy: 0.3, windowMs: 1000 }),
    )
    .producerNoncePath('/var/lib/app/producer.nonce')
    .ringBytes(65_536)
    .maxEventBytes(1000)
    .maxMemoryBytes(1_048_576)
    .maxWaitingBytes(1)
    .maxHoldMs(2)
    .maxClockDriftMs(3)
    .adapterTimeoutMs(4)
    .retry({ attempts: 5, baseDelayMs: 6, maxDelayMs: 7 })
    .shutdownTimeoutMs(8)
    .onDeadLetter(onDeadLetter)
    .build();
  const { adapter: given, ...plain } = ALL;
  expect({ ...built }).toMatchObject(plain);
  expect(built.adapter.kind).toBe(given?.kind);
  expect(JSON.stringify(resolveConfig(ALL))).toBe(JSON.stringify(built));
});

test('the builder has a method for every option', () => {
  const builder = EventBusConfig.builder();
  for (const name of OPTION_NAMES) expect(builder[name]).toBeTypeOf('function');
  expect(Object.keys(ALL).sort()).toEqual([...OPTION_NAMES].sort());
});

test('a builder is not changed by its methods', () => {
  const base = EventBusConfig.builder().shards(2);
  base.shards(3).backpressure('block');
  expect(base.build()).toMatchObject({ shards: 2, backpressure: 'drop-newest' });
  const batch = BatchConfig.default().maxEvents(5);
  batch.maxEvents(6);
  expect(base.batch(batch).build().batch.maxEvents).toBe(5);
});

test('G1 build reports every fault at once', () => {
  const builder = EventBusConfig.builder().shards(0).batch(BatchConfig.default().maxEvents(-1)).ringBytes(3);
  const paths = expect.arrayContaining(['shards', 'batch.maxEvents', 'ringBytes']);
  expect(pathsOf(() => builder.build())).toEqual(paths);
});

test('every mode of the specification has its name', () => {
  const { Block, DropOldest, DropNewest, Sample } = BackpressureMode;
  const modes: Backpressure[] = [Block, DropOldest, DropNewest, Sample(10)];
  expect(modes.map((backpressure) => resolveConfig({ backpressure }).backpressure)).toEqual([
    'block',
    'drop-oldest',
    'drop-newest',
    { sample: 10 },
  ]);
});

test('a configuration is itself taken as options, also one of another copy of the package', () => {
  const config = resolveConfig(ALL);
  expect(JSON.stringify(resolveConfig(config))).toBe(JSON.stringify(config));
  const foreign = Object.defineProperty({ ...config }, Symbol.for('meshbus.EventBusConfig'), { value: true });
  expect(JSON.stringify(resolveConfig(foreign))).toBe(JSON.stringify(config));
  const batch = Object.defineProperty({ options: { maxEvents: 9 } }, Symbol.for('meshbus.BatchConfig'), {
    value: true,
  });
  expect(resolveConfig({ batch: batch as unknown as BatchConfig }).batch.maxEvents).toBe(9);
});

test('the type of a configuration carries its mode', () => {
  expectTypeOf(resolveConfig({}).backpressure).toEqualTypeOf<'drop-newest'>();
  expectTypeOf(resolveConfig({ backpressure: 'block' }).backpressure).toEqualTypeOf<'block'>();
  expectTypeOf(
    EventBusConfig.builder().backpressure('drop-oldest').build().backpressure,
  ).toEqualTypeOf<'drop-oldest'>();
  expectTypeOf(EventBusConfig.default().backpressure).toEqualTypeOf<'drop-newest'>();
});

function pathsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((fault) => fault.path);
    throw error;
  }
  return [];
}
