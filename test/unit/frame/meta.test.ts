// Key and headers as bytes.
import { expect, test } from 'vitest';
import { HAS_HEADERS, HAS_KEY, MAX_META_BYTES } from '../../../kernel/layout.ts';
import { metaFits, metaFlags, readHeaders, writeMeta } from '../../../src/frame/meta.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { seedOf } from '../../support/seed.ts';

const target = Buffer.alloc(MAX_META_BYTES);

test('what was written is read back, whatever the texts', () => {
  const random = seededRandom(seedOf('meta'));
  const alphabet = ['a', 'ü', '€', '😀', '\0', '"', '__proto__'];
  const text = (): string => Array.from({ length: random() * 6 }, () => alphabet[Math.floor(random() * 7)]).join('');
  for (let run = 0; run < 500; run += 1) {
    const pairs = Object.entries(
      Object.fromEntries(Array.from({ length: random() * 5 }, () => [text(), text()])),
    ).flat();
    const length = writeMeta(target, undefined, pairs);
    expect(Object.entries(readHeaders(target, 0, length)).flat()).toEqual(pairs);
    expect(metaFits(target, metaFlags(undefined, pairs), 0, length)).toBe(true);
  }
});

test('flags tell of what is there', () => {
  expect([
    metaFlags(undefined, undefined),
    metaFlags('', undefined),
    metaFlags(undefined, []),
    metaFlags('k', []),
  ]).toEqual([0, HAS_KEY, HAS_HEADERS, HAS_KEY | HAS_HEADERS]);
});

test('I2 texts that fill 65,535 bytes with their lengths are written, one byte more is not', () => {
  expect(writeMeta(target, 'k'.repeat(MAX_META_BYTES - 2), undefined)).toBe(MAX_META_BYTES);
  expect(writeMeta(target, 'k'.repeat(MAX_META_BYTES - 1), undefined)).toBe(-1);
  expect(writeMeta(target, '€'.repeat(21_844), undefined)).toBe(2 + 3 * 21_844);
  expect(writeMeta(target, '€'.repeat(21_845), undefined)).toBe(-1);
  expect(writeMeta(target, 'k'.repeat(MAX_META_BYTES - 6), ['', ''])).toBe(MAX_META_BYTES);
  expect(writeMeta(target, 'k'.repeat(MAX_META_BYTES - 5), ['', ''])).toBe(-1);
});
