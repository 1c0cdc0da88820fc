// A program that loads both the ESM and the CommonJS copy: objects of one work in the other, with the same meaning.
import { expect, test } from 'vitest';
import { nodeOutput, scratch } from './support/scratch.ts';

const HEAD = `
  import { createRequire } from 'node:module';
  import assert from 'node:assert/strict';
  import * as esm from 'meshbus';
  const cjs = createRequire(import.meta.url)('meshbus');
  assert.notEqual(esm.EventBus, cjs.EventBus);
  const text = (page) => page.events.map((event) => event.text()).join();
`;

/** Runs a program with both copies, once with each in the role of \`bus\` (whose bus it is) and of \`other\`. */
function bothWays(code: string): void {
  for (const [bus, other] of [
    ['esm', 'cjs'],
    ['cjs', 'esm'],
  ]) {
    const folder = scratch({
      'app.mjs': `${HEAD}\nconst [bus, other] = [${bus}, ${other}];\n${code}\nconsole.log('done');`,
    });
    expect(nodeOutput(['app.mjs'], folder)).toBe('done');
  }
}

test('an adapter of the other copy that fails twice as Transient is retried and delivered to', () => {
  bothWays(`
    let failures = 0;
    const inner = other.memory();
    const adapter = { kind: 'flaky', create() {
      const made = inner.create();
      const onBatch = made.onBatch.bind(made);
      made.onBatch = async (batch, options) => {
        if (failures++ < 2) throw new other.AdapterError('Transient', 'not yet');
        return onBatch(batch, options);
      };
      return made;
    } };
    const made = await bus.EventBus.create({ adapter, retry: { baseDelayMs: 1 } });
    made.ingest({ n: 1 });
    await made.flush();
    assert.equal(text(await made.poll({ limit: 10 })), '{"n":1}');
    const account = await made.shutdown();
    assert.equal(failures, 3);
    assert.equal(account.eventsDispatched, 1);
    assert.equal(account.eventsDropped, 0);`);
});

test('events of the other copy are ingested as what they are', () => {
  bothWays(`
    const made = await bus.EventBus.create({ shards: 1, adapter: bus.memory() });
    made.ingest(new other.Event({ a: 1 }));
    made.ingestRaw(other.RawEvent.fromString('raw'));
    made.ingestRaw(other.RawEvent.fromBytesWithHash(Buffer.from('hashed'), 5n));
    assert.throws(() => made.ingest(other.RawEvent.fromString('x')), { code: 'EBUS_SERIALIZATION' });
    const { accepted } = made.ingestBatch([new other.Event(2), other.RawEvent.fromString('3'), 4]);
    assert.equal(accepted, 3);
    await made.flush();
    const page = await made.poll({ limit: 10 });
    assert.equal(text(page), '{"a":1},raw,hashed,2,3,4');
    await made.shutdown();`);
});

test('requests, filters and orderings of the other copy are understood', () => {
  bothWays(`
    const made = await bus.EventBus.create({ shards: 2, adapter: bus.memory() });
    for (let n = 0; n < 4; n += 1) made.ingest({ n });
    await made.flush();
    const filter = other.Filter.or([other.Filter.eq('n', 1), other.Filter.not(other.Filter.eq('n', 0))]);
    const request = new other.ConsumeRequest(10).filter(filter).ordering(other.Ordering.Timestamp);
    assert.equal(text(await made.poll(request)), '{"n":1},{"n":2},{"n":3}');
    const first = await made.poll({ limit: 1, filter: other.Filter.eq('n', 3), ordering: 'timestamp' });
    assert.equal(text(first), '{"n":3}');
    const nested = bus.Filter.and([other.Filter.eq('n', 2)]);
    assert.equal(text(await made.poll({ limit: 10, filter: nested })), '{"n":2}');
    assert.equal(text(await made.poll(new other.ConsumeRequest(10).from(first.cursor).ordering('timestamp'))), '');
    await made.shutdown();`);
});

test('configurations and their parts of the other copy are taken', () => {
  bothWays(`
    const config = other.EventBusConfig.builder()
      .shards(2)
      .batch(bus.BatchConfig.default().maxEvents(7))
      .backpressure(other.BackpressureMode.Sample(3))
      .adapter(other.AdapterConfig.memory())
      .build();
    const again = bus.EventBusConfig.builder().batch(other.BatchConfig.default().maxEvents(9)).build();
    assert.equal(again.batch.maxEvents, 9);
    const made = await bus.EventBus.create(config);
    made.ingest(1);
    await made.flush();
    assert.equal(text(await made.poll({ limit: 1 })), '1');
    await made.shutdown();
    assert.equal(Object.keys(made.stats.toJSON().shards).length, 2);`);
});

test('instanceof holds for errors of the other copy', () => {
  bothWays(`
    const failed = await bus.EventBus.create({ shards: 0 }).catch((error) => error);
    assert.ok(failed instanceof other.ConfigError && failed instanceof other.EventBusError);
    assert.ok(!(failed instanceof other.AdapterError));
    const made = await bus.EventBus.create({});
    await made.shutdown();
    assert.throws(() => made.ingest(1), (error) => error instanceof other.IngestionError && error.code === 'EBUS_SHUTTING_DOWN');
    await assert.rejects(made.poll({ limit: 1 }), (error) =>
      error instanceof other.ConsumerError && error.cause instanceof other.AdapterError);`);
});

test('a sub-path of one format works with the root of the other', () => {
  bothWays(`
    const testing = bus === esm ? createRequire(import.meta.url)('meshbus/testing') : await import('meshbus/testing');
    const adapter = testing.faulty(bus.memory());
    adapter.faults.onBatch = testing.fault.times(2, testing.fault.fail('Transient'));
    const made = await bus.EventBus.create({ adapter, retry: { baseDelayMs: 1 } });
    made.ingest(1);
    await made.flush();
    assert.equal(adapter.faults.count('onBatch'), 3);
    assert.equal((await made.shutdown()).eventsDispatched, 1);`);
});
