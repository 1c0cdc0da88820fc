// The splitter against Buffer and a naive split: whatever the chunks, the lines are those of the bytes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/cli/ingest/line-splitter.ts';

const seed = Number(process.env.MESHBUS_SEED ?? Date.now() % 2 ** 31);
console.log(`line-splitter: MESHBUS_SEED=${seed}`);

test('finds the same lines however the bytes are cut into chunks', async () => {
  const bytes = fc.array(fc.constantFrom('\n', '\r', '\u2028', 'a', 'bc', 'é', '')).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), async (text, sizes) => {
      const expected = text.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(await linesOf(chunked(Buffer.from(text), sizes), 1000)).toEqual(expected);
    }),
    { seed, numRuns: 500 },
  );
});

test('tells of a line over the limit with its length, keeps none of it, and goes on with the next', async () => {
  const text = `a\n${'x'.repeat(25)}\nb\n${'y'.repeat(11)}`;
  for (const size of [1, 4, 100]) {
    const lines = await linesOf(chunked(Buffer.from(text), [size]), 10);
    // A line that lies within one chunk is cut by the bus, which knows the exact limit.
    expect(lines).toEqual(
      size === 100 ? ['a', 'x'.repeat(25), 'b', 'too long: 11'] : ['a', 'too long: 25', 'b', 'too long: 11'],
    );
  }
});

test('holds no more than the limit of a line that never ends', async () => {
  const splitter = new LineSplitter(collector([]), 1024 * 1024);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  global.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 2000; index += 1) await splitter.push(chunk);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
});

async function linesOf(chunks: readonly Buffer[], maxLineBytes: number): Promise<string[]> {
  const lines: string[] = [];
  const splitter = new LineSplitter(collector(lines), maxLineBytes);
  for (const chunk of chunks) await splitter.push(chunk);
  await splitter.end();
  return lines;
}

function collector(lines: string[]): ConstructorParameters<typeof LineSplitter>[0] {
  return {
    block: (block) => {
      lines.push(...block.toString().split('\n').slice(0, -1));
      return undefined;
    },
    line: (bytes) => {
      lines.push(bytes.toString());
      return undefined;
    },
    tooLong: (byteLength) => lines.push(`too long: ${byteLength}`),
  };
}

function chunked(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const end = at + (sizes[index % sizes.length] as number);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}
