// Waiting with a deadline.
import { expect, test } from 'vitest';
import { within } from '../../../src/testing/index.ts';

test('passes on what a promise came to', async () => {
  expect(await within(1000, Promise.resolve(5))).toBe(5);
  await expect(within(1000, Promise.reject(new Error('its own')))).rejects.toThrow('its own');
});

test('waits for a condition over turns of the event loop', async () => {
  let asked = 0;
  expect(
    await within(1000, () => {
      asked += 1;
      return asked === 3 ? 0 : undefined;
    }),
  ).toBe(0);
});

test('says what did not happen in time', async () => {
  await expect(within(5, new Promise(() => undefined))).rejects.toThrow('did not settle within 5 ms');
  await expect(within(5, () => 1 > 2)).rejects.toThrow('did not hold within 5 ms: () => 1 > 2');
});
