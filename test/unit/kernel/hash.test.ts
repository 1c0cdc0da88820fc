// XXH64 of the kernel against published values and against another implementation.
import { expect, test } from 'vitest';
import xxhash from 'xxhash-wasm';
import { hashBytes } from '../../../src/kernel/hasher.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { BareKernel } from '../../support/bare-kernel.ts';
import { seedOf } from '../../support/seed.ts';

/** From the reference implementation, seed 0. */
const PUBLISHED: readonly (readonly [string, bigint])[] = [
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['message digest', 0x066ed728fceeb3ben],
  ['abcdefghijklmnopqrstuvwxyz', 0xcfe1f278fa89835cn],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
];

test.each(PUBLISHED)('the hash of %j is the published one', (text, hash) => {
  expect(hashBytes(Buffer.from(text))).toBe(hash);
});

test('every length from 0 to 300 and some long ones hash as xxhash-wasm says, at any alignment', async () => {
  const { h64Raw } = await xxhash();
  const random = seededRandom(seedOf('hash'));
  const lengths = [...Array.from({ length: 301 }, (_, length) => length), 4095, 65_537, 1_048_576];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length: length + 8 }, () => random() * 256);
    const offset = Math.floor(random() * 8);
    const part = bytes.subarray(offset, offset + length);
    expect(hashBytes(part), `length ${length}`).toBe(h64Raw(part));
  }
});

test('a hash does not depend on the bytes around it', () => {
  const kernel = new BareKernel({ rings: 1, ringBytes: 4096, ringCapacity: 8, maxEventBytes: 1024 });
  for (const length of [0, 1, 7, 31, 32, 33, 100]) {
    kernel.bytes.fill(0xaa, kernel.payload, kernel.payload + 1024);
    const at = kernel.payload + 64;
    kernel.bytes.fill(7, at, at + length);
    const hash = kernel.calls.xxh64(at, length);
    kernel.bytes.fill(0x55, kernel.payload, at);
    kernel.bytes.fill(0x55, at + length, kernel.payload + 1024);
    expect(kernel.calls.xxh64(at, length)).toBe(hash);
  }
});
