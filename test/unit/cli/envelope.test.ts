// What `poll` prints `ingest` reads back: payload, key and headers, byte for byte, with and without --envelope.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvelope } from '../../../src/cli/envelope.ts';
import { EventBus, memory } from '../../../src/index.ts';
import { runInProcess, testScheme } from '../../support/cli-host.ts';

const seed = Number(process.env.MESHBUS_SEED ?? Date.now() % 2 ** 31);
console.log(`envelope: MESHBUS_SEED=${seed}`);

interface Sample {
  readonly bytes: Uint8Array;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
const tricky = fc.constantFrom('},"payload":', ',"payload":', '"base64":"', '}', '\\"', '{"meshbus":{},"payload":1}');
const text = fc.oneof(wellFormed, tricky);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes): Uint8Array => bytes),
  fc.json().map((json) => Buffer.from(json)),
  fc.json().map((json) => Buffer.from(` ${json}\r`)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value, null, 2))),
  fc.json().map((json) => Buffer.from(`{"meshbus":{},"payload":${json}}`)),
  fc.json().map((json) => Buffer.from(`{"meshbus":${json}}`)),
  tricky.map((each) => Buffer.from(JSON.stringify({ [each]: each }))),
);
const headers = fc.array(fc.tuple(fc.oneof(text, fc.constantFrom('__proto__', 'payload')), text), { maxLength: 3 });
const sample = fc.record({
  bytes: payload,
  key: fc.option(text, { nil: undefined }),
  headers: fc.option(headers.map(Object.fromEntries), { nil: undefined }),
});

describe('a copy by way of lines', () => {
  test('with --envelope is the same in payload, key and headers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 8 }), async (samples) => {
        expect(await copied(samples, true)).toEqual(samples.map(told));
      }),
      { seed, numRuns: 60 },
    );
  });

  test('without it is the same in payload', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 8 }), async (samples) => {
        expect((await copied(samples, false)).map(([bytes]) => bytes)).toEqual(
          samples.map(({ bytes }) => hexOf(bytes)),
        );
      }),
      { seed, numRuns: 60 },
    );
  });
});

test('an envelope that another tool has spaced out is read, its payload as that tool wrote it', () => {
  const line = '{"meshbus": {"key": "k", "headers": {"payload": "x"}} , "payload" : {"a": 1}}\r';
  expect(readEnvelope(line)).toEqual({ key: 'k', headers: { payload: 'x' }, payload: ' {"a": 1}' });
});

test.each([
  '{"meshbus":{}}',
  '{"meshbus":{},"payload":}',
  '{"meshbus":{},"payload":1',
  '{"meshbus":{},"payload":1}2',
  '{"meshbus":{},"base64":"a"}',
  '{"meshbus":{},"base64":"YQ==","more":1}',
  '{"meshbus":{},"base64":"Y_=="}',
  '{"meshbus":1,"payload":1}',
  '{"meshbus":{"key":1},"payload":1}',
  '{"meshbus":{"headers":[]},"payload":1}',
  '{"meshbus":{},"other":{},"payload":1}',
])('%s is refused', (line) => expect(() => readEnvelope(line)).toThrow());

/** Through `poll` and `ingest` into a second store: payload as hex, key and headers of each. */
async function copied(samples: readonly Sample[], envelope: boolean): Promise<unknown[][]> {
  const [source, target] = [memory(), memory()];
  const bus = await EventBus.create({ adapter: source, shards: 1, backpressure: 'block' });
  for (const { bytes, key, headers: some } of samples) await bus.ingestRaw(bytes, { key, headers: some });
  await bus.shutdown();
  const flags = envelope ? ['--envelope'] : [];
  const polled = await runInProcess(['poll', '--from', 'test:', ...flags], testScheme(source));
  const words = ['ingest', '--to', 'test:', '--shards', '1'];
  const ingested = await runInProcess(words, testScheme(target), { stdin: [polled.stdout] });
  expect(ingested.stderr).toContain(' 0 bad');
  expect(ingested.code).toBe(0);
  const second = await EventBus.create({ adapter: target, shards: 1 });
  const { events } = await second.poll({ limit: 1000 });
  const result = events.map((event) => told(event));
  await second.shutdown();
  return result;
}

function told({ bytes, key, headers: some }: Sample): unknown[] {
  return [hexOf(bytes), key, some === undefined ? undefined : Object.entries(some).sort()];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
