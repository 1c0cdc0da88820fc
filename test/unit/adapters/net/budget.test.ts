// The budget of a node beside its store: what a setting promises must leave a node that others can link up with.
import { expect, test } from 'vitest';
import { net } from '../../../../src/index.ts';

const MEBIBYTE = 1_048_576;
const psk = 'k'.repeat(32);

test('a budget that is too small for so many peers is refused: nobody would take the windows that are left', () => {
  expect(net({ psk, maxPeers: 256, maxBufferBytes: 16 * MEBIBYTE }).check()).toEqual([
    { path: 'net.maxBufferBytes', expected: '33554432 or more, for 256 peers (net.maxPeers)', value: '16777216' },
  ]);
  expect(net({ psk, maxPeers: 256, maxBufferBytes: 32 * MEBIBYTE }).check()).toEqual([]);
});
